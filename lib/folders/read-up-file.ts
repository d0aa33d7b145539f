import { readFile } from 'node:fs/promises';
import { sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import { cachedByFile } from './file-cache';
import { type FolderEntry, fileErrorCode, leadsOut } from './folder-entries';

export interface ReadOptions {
  /** Read every file itself, not what is remembered of it: for pinning and comparing. */
  fresh?: boolean;
}

/**
 * Text and hash of a migration as drizzle has them.
 * @param home the folder that no link may lead out of
 * @throws BackstepError `journal_invalid` when it can't be read or a link leads out of the folder
 */
export async function readUpFile(
  home: string,
  entry: FolderEntry,
  options: ReadOptions,
): Promise<{ sql: string; hash: string }> {
  try {
    if (await leadsOut(home, entry)) {
      throw invalid(
        entry.path,
        'is a link that leads out of the migrations folder. Put the file itself there.',
      );
    }
    const read = async () => {
      // Decoded and hashed as text, as drizzle does: a broken byte counts as U+FFFD.
      const sql = await readFile(entry.path, 'utf8');
      return { sql, hash: sha256Hex(sql) };
    };
    return await (options.fresh ? read() : cachedByFile(entry.path, 'migration', read));
  } catch (error) {
    if (error instanceof BackstepError) throw error;
    throw invalid(
      entry.path,
      `can’t be read (${fileErrorCode(error) ?? 'unknown'}). Check that it is a file and that this user may read it.`,
      error,
    );
  }
}

function invalid(file: string, what: string, cause?: unknown): BackstepError {
  return new BackstepError('journal_invalid', `${file} ${what}`, { cause, details: { file } });
}
