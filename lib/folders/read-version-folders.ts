import path from 'node:path';
import { BackstepError } from '@/lib/core/errors';
import type { ListProblem, MigrationFile } from '@/lib/core/migration';
import { boundedParallel } from './bounded-parallel';
import { type FolderEntry, fileErrorCode, folderEntries, folderFolders } from './folder-entries';
import { type ReadOptions, readUpFile } from './read-up-file';

const FILE_NAME = 'migration.sql';

/** A folder of drizzle 1.0: `20260118093000_add_users` with its migration.sql. */
export interface VersionFolder {
  tag: string;
  file: FolderEntry;
}

/**
 * The folders that drizzle 1.0 takes for migrations, in its order: each with a migration.sql in it,
 * sorted by name as its own code sorts them.
 * @throws the file system's error when `folder` itself can't be read
 */
export async function findVersionFolders(
  folder: string,
): Promise<{ found: VersionFolder[]; problems: ListProblem[] }> {
  const problems: ListProblem[] = [];
  const inFolder = [...(await folderFolders(folder)).values()];
  const looked = await boundedParallel(inFolder, async (entry): Promise<VersionFolder[]> => {
    const file = (await entriesOf(entry)).get(FILE_NAME);
    // A link on the way makes the file one: it has to be followed before it is trusted.
    if (file) return [{ tag: entry.name, file: { ...file, link: file.link || entry.link } }];
    if (/^\d{14}/.test(entry.name)) problems.push(withoutFile(entry.name));
    return [];
  });
  const found = looked.flat().sort((a, b) => a.tag.localeCompare(b.tag));
  return { found, problems };
}

/** A link may lead to a file or to nothing: then there is no folder behind it. */
async function entriesOf(entry: FolderEntry): Promise<Map<string, FolderEntry>> {
  try {
    return await folderEntries(entry.path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(fileErrorCode(error) ?? '')) return new Map();
    throw error;
  }
}

function withoutFile(name: string): ListProblem {
  return {
    code: 'journal_entry_without_file',
    file: `${name}/${FILE_NAME}`,
    message: `${name} has no ${FILE_NAME}, so drizzle passes over the folder. Restore the file from version control, or remove the folder.`,
  };
}

/**
 * The migrations of 1.0 folders.
 * @throws BackstepError `journal_invalid` when a file can't be read or a name holds no time
 */
export async function readVersionFolders(
  folder: string,
  found: readonly VersionFolder[],
  options: ReadOptions,
): Promise<MigrationFile[]> {
  const numbered = found.map((one, position) => ({ ...one, position }));
  return boundedParallel(numbered, async ({ tag, file, position }): Promise<MigrationFile> => {
    const when = timeOf(tag);
    if (Number.isNaN(when)) {
      const at = path.join(folder, tag);
      throw new BackstepError(
        'journal_invalid',
        `${at} holds a ${FILE_NAME} and its name does not begin with a time of 14 digits, so drizzle would fail on it. Name it as in 20260118093000_add_users, or move it away.`,
        { details: { file: at } },
      );
    }
    const { sql, hash } = await readUpFile(folder, file, options);
    return {
      position,
      idx: position,
      tag,
      when,
      path: `${tag}/${FILE_NAME}`,
      hash,
      sql,
      breakpoints: true,
    };
  });
}

/** Epoch milliseconds of the UTC time that a name begins with, NaN without one: drizzle 1.0's rule. */
export function timeOf(tag: string): number {
  const part = (from: number, to: number) => Number.parseInt(tag.slice(from, Math.min(to, 14)), 10);
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14));
}
