import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BackupsConfig } from '@/lib/core/policy';
import { PARTIAL, UPLOADING } from '../backup-folder';
import { bucketOf, isObjectLocation, prefixOf, withObjects } from './place';

/** Says where the objects of a backup's folder are being written to; in the folder once that is set aside. */
const noteBeside = (folder: string): string =>
  `${folder.endsWith(PARTIAL) ? folder.slice(0, -PARTIAL.length) : folder}${UPLOADING}`;

/**
 * Writes down where a folder is going to be uploaded to, before its first object: an executor that is
 * killed in the middle leaves objects that nobody else knows of.
 */
export async function noteUpload(folder: string, location: string): Promise<void> {
  await writeFile(noteBeside(folder), location, { mode: 0o600, flush: true });
}

/** The upload is recorded as a backup, or nothing is left of it. */
export async function forgetUpload(folder: string): Promise<void> {
  await rm(noteBeside(folder), { force: true });
}

/**
 * Removes what an upload has stored whose folder is set aside. While the storage does not answer, the
 * note goes with the folder, and whoever removes that tries again.
 * @param kept the folder's name by now; null when it is gone
 */
export async function abandonUpload(
  config: BackupsConfig,
  folder: string,
  kept: string | null,
): Promise<void> {
  const note = noteBeside(folder);
  try {
    await removeNoted(config, note);
  } catch {
    if (kept !== null) await rename(note, path.join(kept, UPLOADING)).catch(() => undefined);
  }
}

/** The same for a folder that is about to be removed. @throws BackstepError `backup_failed` */
export async function removeUploadOf(config: BackupsConfig, kept: string): Promise<void> {
  await removeNoted(config, path.join(kept, UPLOADING));
}

async function removeNoted({ storage }: BackupsConfig, note: string): Promise<void> {
  const location = await readFile(note, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw cause;
  });
  if (location === undefined) return;
  // Of a bucket that is no longer configured nothing can be removed; its owner finds it by its prefix.
  if (storage && isObjectLocation(location) && storage.bucket === bucketOf(location))
    await withObjects(storage, (client) => client.removeAll(prefixOf(location)));
  await rm(note, { force: true });
}
