import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';

export interface FolderEntry {
  name: string;
  path: string;
  /** A symbolic link: it has to be followed before its file is trusted. */
  link: boolean;
}

/** Files and links of a folder by name, without what lies deeper and without hidden ones. */
export async function folderEntries(folder: string): Promise<Map<string, FolderEntry>> {
  return pick(folder, (entry) => entry.isFile());
}

/** Folders and links of a folder by name, hidden ones too. */
export async function folderFolders(folder: string): Promise<Map<string, FolderEntry>> {
  return pick(folder, (entry) => entry.isDirectory(), true);
}

async function pick(
  folder: string,
  wanted: (entry: Dirent) => boolean,
  hidden = false,
): Promise<Map<string, FolderEntry>> {
  const entries = await readdir(folder, { withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => hidden || !entry.name.startsWith('.'))
      .filter((entry) => wanted(entry) || entry.isSymbolicLink())
      .map((entry) => [
        entry.name,
        { name: entry.name, path: path.join(folder, entry.name), link: entry.isSymbolicLink() },
      ]),
  );
}

/**
 * Whether a link leads to something outside its folder. What lies there is under nobody's review, and
 * can be another thing tomorrow. Links within (as mounted configuration has them) are fine.
 */
export async function leadsOut(folder: string, entry: FolderEntry): Promise<boolean> {
  if (!entry.link) return false;
  const [home, end] = await Promise.all([realpath(folder), realpath(entry.path)]);
  return !end.startsWith(home + path.sep);
}

/** The code of a file system error: ENOENT, EACCES … */
export function fileErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
