import { lstat, mkdir, open, readdir, rename, statfs } from 'node:fs/promises';
import path from 'node:path';
import { BackstepError } from '@/lib/core/errors';
import { formatBytes } from './format-bytes';

const PRIVATE = 0o700;
/** Ends the name of a folder that is being written. */
export const PARTIAL = '.partial';
const QUARANTINED = '.quarantined';
/** Beside it while it is uploaded, and afterwards until that is recorded. */
export const UPLOADING = '.uploading';

/** A backup that is being written: a folder that pg_restore takes, named `.partial` until confirmed. */
export interface PartialFolder {
  path: string;
  /** Gives the folder its final name, durably. */
  publish(): Promise<string>;
}

/**
 * Makes `<directory>/<target>/<label>.partial`. A folder of that name from another installation that
 * wrote to the same place is left alone: the next free name is taken.
 * @throws BackstepError `backup_failed` when the folder can't be made
 */
export async function createPartialFolder(
  directory: string,
  target: string,
  label: string,
): Promise<PartialFolder> {
  const parent = path.join(directory, target);
  if (path.dirname(parent) !== path.resolve(directory)) {
    throw new BackstepError('backup_failed', `'${target}' cannot be the name of a folder.`);
  }
  try {
    await mkdir(parent, { recursive: true, mode: PRIVATE });
    const final = await freeName(parent, label, [PARTIAL, QUARANTINED, UPLOADING, '']);
    const partial = `${final}${PARTIAL}`;
    await mkdir(partial, { mode: PRIVATE });
    return {
      path: partial,
      async publish() {
        await syncFolder(partial);
        await rename(partial, final);
        await syncFolder(parent);
        return final;
      },
    };
  } catch (cause) {
    throw new BackstepError(
      'backup_failed',
      `The backup folder ${parent} cannot be written: ${(cause as Error).message}. Change backups.directory or the folder's permissions.`,
      { cause },
    );
  }
}

/** A dump needs at most about what the database takes; a full disk would stop more than the backup. */
export async function requireFreeSpace(folder: string, databaseBytes: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= databaseBytes) return;
  throw new BackstepError(
    'backup_failed',
    `The database takes ${formatBytes(databaseBytes)}, and ${folder} has ${formatBytes(free)} left. Free as much space as the database takes, or point backups.directory at a larger disk.`,
  );
}

export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * Sets an attempt aside under a name that never counts as a backup. Looks for it under its unfinished
 * and its final name, since a process may die between the renaming and the record of it.
 * @param location as recorded in the control database
 * @returns where it is kept; null when there is nothing
 */
export async function quarantine(location: string | null): Promise<string | null> {
  if (location === null || location.endsWith(QUARANTINED)) return location;
  const final = location.endsWith(PARTIAL) ? location.slice(0, -PARTIAL.length) : location;
  const parent = path.dirname(final);
  for (const candidate of [`${final}${PARTIAL}`, final]) {
    if (!(await exists(candidate))) continue;
    const kept = `${await freeName(parent, path.basename(final), [QUARANTINED])}${QUARANTINED}`;
    try {
      await rename(candidate, kept);
    } catch (cause) {
      // Whoever took the backup has woken up and sets it aside as well.
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw cause;
    }
    return kept;
  }
  return null;
}

/** Bytes in a flat folder, and its files in a stable order. */
export async function filesOf(folder: string): Promise<{ path: string; bytes: number }[]> {
  const files: { path: string; bytes: number }[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const found = await lstat(path.join(folder, name)).catch(() => undefined);
    // pg_dump may rename or remove a file between the listing and the look at it.
    if (found?.isFile()) files.push({ path: name, bytes: found.size });
  }
  return files;
}

/** Makes the folder's names durable; its files have been synced by whoever wrote them. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function freeName(parent: string, label: string, endings: string[]): Promise<string> {
  for (let number = 1; ; number += 1) {
    const base = path.join(parent, number === 1 ? label : `${label}.${number}`);
    const taken = await Promise.all(endings.map((ending) => exists(`${base}${ending}`)));
    if (!taken.includes(true)) return base;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
