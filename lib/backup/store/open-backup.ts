import { rm } from 'node:fs/promises';
import path from 'node:path';
import { BackstepError } from '@/lib/core/errors';
import type { BackupsConfig } from '@/lib/core/policy';
import { requireFreeSpace } from '../backup-folder';
import { sha256OfFile } from '../manifest';
import { decryptFile, ENCRYPTED_SUFFIX, readIdentities } from './encrypted-file';
import type { KeptBackup } from './kept-backup';
import { createOpenedFolder } from './opened-folders';
import { isObjectLocation, prefixOf } from './place';
import { withBucketOf } from './verify-kept';

/** A backup as pg_restore reads it: a folder on this machine. */
export interface OpenedBackup {
  folder: string;
  /** Removes what was only made for reading. Never the backup itself. */
  dispose(): Promise<void>;
}

/**
 * Brings a backup to a folder that pg_restore takes, decrypted, each file compared with the manifest.
 * A plain folder is compared and given as it is.
 * @param options.executorId who reads it; what a killed one has decrypted is found by its id
 * @throws BackstepError `backup_failed` naming the file that is not as it was; `config_invalid`
 */
export async function openBackup(
  config: BackupsConfig,
  backup: KeptBackup,
  options: { executorId: string; signal?: AbortSignal; onBytes?(bytes: number): void },
): Promise<OpenedBackup> {
  const { location, stored, manifest } = backup;
  if (stored === null) {
    await compareAll(location, manifest.files, options);
    return { folder: location, dispose: async () => undefined };
  }
  const total = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const folder = await createOpenedFolder(config, options.executorId);
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    await requireFreeSpace(folder, total);
    const encrypted = stored.some((file) => file.path.endsWith(ENCRYPTED_SUFFIX));
    const identities = encrypted ? await readIdentities(config.encryption?.identityFile) : [];
    const fetched = isObjectLocation(location) ? folder : location;
    let bytes = 0;
    for (const file of manifest.files) {
      const name = encrypted ? `${file.path}${ENCRYPTED_SUFFIX}` : file.path;
      if (isObjectLocation(location)) {
        await withBucketOf(config, location, (client) =>
          client.get(`${prefixOf(location)}${name}`, path.join(folder, name), options.signal),
        );
      }
      const plain = path.join(folder, file.path);
      if (encrypted) {
        await decryptFile(path.join(fetched, name), plain, identities, options.signal);
        if (fetched === folder) await rm(path.join(folder, name));
      }
      const { sha256 } = await sha256OfFile(plain, options.signal);
      if (sha256 !== file.sha256) throw changed(`${location}/${name}`);
      bytes += file.bytes;
      options.onBytes?.(bytes);
    }
    return { folder, dispose };
  } catch (cause) {
    await dispose();
    throw cause;
  }
}

async function compareAll(
  folder: string,
  files: KeptBackup['manifest']['files'],
  options: { signal?: AbortSignal; onBytes?(bytes: number): void },
): Promise<void> {
  let bytes = 0;
  for (const file of files) {
    const full = path.join(folder, file.path);
    const found = await sha256OfFile(full, options.signal).catch((cause: unknown) => {
      options.signal?.throwIfAborted();
      throw new BackstepError(
        'backup_failed',
        `${full} cannot be read: ${(cause as Error).message}.`,
        { cause },
      );
    });
    if (found.sha256 !== file.sha256) throw changed(full);
    bytes += file.bytes;
    options.onBytes?.(bytes);
  }
}

const changed = (file: string) =>
  new BackstepError(
    'backup_failed',
    `${file} has changed: its checksum is not the manifest's. Use another backup.`,
  );
