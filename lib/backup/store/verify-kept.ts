import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { BackstepError } from '@/lib/core/errors';
import type { BackupsConfig } from '@/lib/core/policy';
import { type Finding, sha256OfFile } from '../manifest';
import type { KeptBackup } from './kept-backup';
import type { ObjectClient } from './object-client';
import { bucketOf, isObjectLocation, prefixOf, withObjects } from './place';

/**
 * Whether what is stored is still what was written: every byte of encrypted files in a folder; of
 * objects their size and ETag, which change with them, since all of it was read back when it was stored.
 */
export async function verifyKept(
  config: BackupsConfig,
  {
    location,
    stored,
  }: Pick<KeptBackup, 'location'> & { stored: NonNullable<KeptBackup['stored']> },
  signal?: AbortSignal,
): Promise<Finding> {
  try {
    if (isObjectLocation(location)) return await verifyObjects(config, location, stored);
    for (const file of stored) {
      const full = path.join(location, file.path);
      if (!(await lstat(full)).isFile())
        return { ok: false, reason: `${full} is not a regular file any more.` };
      const { sha256 } = await sha256OfFile(full, signal);
      if (sha256 !== file.sha256)
        return { ok: false, reason: `${full} has changed: its checksum is not the recorded one.` };
    }
    return { ok: true };
  } catch (cause) {
    signal?.throwIfAborted();
    return { ok: false, reason: (cause as Error).message };
  }
}

async function verifyObjects(
  config: BackupsConfig,
  location: string,
  stored: NonNullable<KeptBackup['stored']>,
): Promise<Finding> {
  return withBucketOf(config, location, async (client) => {
    for (const file of stored) {
      const key = `${prefixOf(location)}${file.path}`;
      const found = await client.head(key);
      if (found === null) return { ok: false, reason: `${location}/${file.path} is missing.` };
      if (found.bytes !== file.bytes || found.etag !== file.etag)
        return {
          ok: false,
          reason: `${location}/${file.path} is not the object that was written.`,
        };
    }
    return { ok: true };
  });
}

/**
 * Works with the objects of a location's bucket.
 * @throws BackstepError `config_invalid` when another bucket, or none, is configured
 */
export async function withBucketOf<T>(
  { storage }: BackupsConfig,
  location: string,
  work: (client: ObjectClient) => Promise<T>,
): Promise<T> {
  if (storage?.bucket !== bucketOf(location)) {
    throw new BackstepError(
      'config_invalid',
      `The backup lies in ${location}, and backups.storage names ${storage ? `the bucket ${storage.bucket}` : 'no bucket'}. Put the bucket back into the configuration.`,
    );
  }
  return withObjects(storage, work);
}
