import { rm } from 'node:fs/promises';
import type { BackupsConfig } from '@/lib/core/policy';
import { isObjectLocation, prefixOf } from './place';
import { removeUploadOf } from './unfinished-upload';
import { withBucketOf } from './verify-kept';

/**
 * Removes what is stored at a location; nothing is there already is fine.
 * @throws BackstepError `backup_failed`, `config_invalid`
 */
export async function removeKept(config: BackupsConfig, location: string): Promise<void> {
  if (!isObjectLocation(location)) {
    await removeUploadOf(config, location);
    await rm(location, { recursive: true, force: true });
    return;
  }
  await withBucketOf(config, location, (client) => client.removeAll(prefixOf(location)));
}
