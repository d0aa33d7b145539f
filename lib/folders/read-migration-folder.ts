import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import type { ListProblem, MigrationFile } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import { boundedParallel } from './bounded-parallel';
import { cachedByFile } from './file-cache';
import { type FolderEntry, fileErrorCode, folderEntries, leadsOut } from './folder-entries';
import { readJournal } from './read-journal';

export interface ReadOptions {
  /** Read every file itself, not what is remembered of it: for pinning and comparing. */
  fresh?: boolean;
}

/**
 * The migrations of a drizzle folder in journal order, hashed as drizzle hashes them.
 * @throws BackstepError `journal_invalid` when the journal or one of its files is missing or broken
 */
export async function readMigrationFolder(
  target: Pick<TargetConfig, 'migrations'>,
  options: ReadOptions = {},
): Promise<{ files: MigrationFile[]; problems: ListProblem[] }> {
  const folder = target.migrations;
  const entries = await readJournal(folder, options.fresh === true);
  const inFolder = await folderEntries(folder);
  const numbered = entries.map((entry, position) => ({ ...entry, position }));
  const files = await boundedParallel(numbered, async (entry): Promise<MigrationFile> => {
    const { sql, hash } = await readUpFile(folder, entry.tag, inFolder, options);
    const { position, idx, tag, when, breakpoints } = entry;
    return { position, idx, tag, when, hash, sql, breakpoints };
  });
  const inJournal = new Set(entries.map((entry) => `${entry.tag}.sql`));
  const problems = [...inFolder.keys()]
    .filter((name) => name.toLowerCase().endsWith('.sql') && !inJournal.has(name))
    .map(
      (file): ListProblem => ({
        code: 'file_not_in_journal',
        file,
        message: `${file} is in the migrations folder and not in its journal, so drizzle never applies it.`,
      }),
    );
  return { files, problems };
}

async function readUpFile(
  folder: string,
  tag: string,
  inFolder: ReadonlyMap<string, FolderEntry>,
  options: ReadOptions,
): Promise<{ sql: string; hash: string }> {
  const name = `${tag}.sql`;
  const entry = inFolder.get(name);
  if (!entry) {
    throw invalid(
      path.join(folder, name),
      'is in the journal and not in the folder. Restore it from version control; drizzle can’t migrate without it either.',
    );
  }
  try {
    if (await leadsOut(folder, entry)) {
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
