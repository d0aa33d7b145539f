import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { BackupsConfig } from '@/lib/core/policy';
import { filesOf, quarantine, UPLOADING } from './backup-folder';
import { MANIFEST_FILE } from './manifest';
import { ENCRYPTED_SUFFIX } from './store/encrypted-file';
import { isObjectLocation } from './store/place';
import { removeKept } from './store/remove-kept';
import { abandonUpload } from './store/unfinished-upload';

/**
 * Takes an attempt out of sight of whoever looks for a backup: a folder gets a name that never counts;
 * objects can't be renamed, and are removed. Where backups are encrypted, nothing that is not stays.
 * @returns where it is kept; null when there is nothing
 */
export async function setAside(
  config: BackupsConfig,
  location: string | null,
): Promise<string | null> {
  if (location === null) return null;
  if (isObjectLocation(location)) {
    await removeKept(config, location);
    return null;
  }
  const kept = await quarantine(location);
  await abandonUpload(config, location, kept);
  if (kept !== null && config.encryption) await removePlainFiles(kept);
  return kept;
}

async function removePlainFiles(folder: string): Promise<void> {
  for (const { path: name } of await filesOf(folder)) {
    if (name === MANIFEST_FILE || name === UPLOADING || name.endsWith(ENCRYPTED_SUFFIX)) continue;
    await rm(path.join(folder, name));
  }
}
