import type pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { readIdentity } from '@/lib/target';
import type { RestoreFacts } from './restore-facts';

/**
 * Before anything is read or changed through a target's url, which may have been edited meanwhile.
 * @throws BackstepError `refused` when it leads to another database than the restore is of
 */
export async function requireSameServer(
  client: pg.Client,
  row: Pick<RestoreFacts['row'], 'systemIdentifier' | 'presentDatabase'>,
): Promise<void> {
  const identity = await readIdentity(client);
  if (identity.systemIdentifier === row.systemIdentifier && identity.name === row.presentDatabase)
    return;
  throw new BackstepError(
    'refused',
    `The configuration leads to another database than this restore is of: ${identity.name} on system ${identity.systemIdentifier}. Put url back.`,
  );
}
