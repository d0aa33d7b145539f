import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { BackupsConfig } from '@/lib/core/policy';

/** Below the backups' own folder: a disk that is meant for their size. */
const PARENT = '.opened';

const prefixOf = (executorId: string): string => `backup-${executorId}-`;

/**
 * An empty folder that only we may read, for a backup brought back from elsewhere or decrypted. It is
 * named after the executor that reads it, so that one that was killed can be cleaned up after.
 */
export async function createOpenedFolder(
  { directory }: Pick<BackupsConfig, 'directory'>,
  executorId: string,
): Promise<string> {
  const parent = path.join(directory, PARENT);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  return mkdtemp(path.join(parent, prefixOf(executorId)));
}

/**
 * Removes what dead executors have brought back and decrypted.
 * @param executorIds executors without a heartbeat; never one that may still be reading
 * @returns the folders that are gone
 */
export async function removeLeftOpened(
  { directory }: Pick<BackupsConfig, 'directory'>,
  executorIds: readonly string[],
): Promise<string[]> {
  const parent = path.join(directory, PARENT);
  const names = await readdir(parent).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause;
  });
  const left = names.filter((name) => executorIds.some((id) => name.startsWith(prefixOf(id))));
  for (const name of left) await rm(path.join(parent, name), { recursive: true, force: true });
  return left.map((name) => path.join(parent, name));
}
