import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import { readIdentity } from '@/lib/target';
import { onScratchServer } from './scratch-database';

/**
 * Makes sure that nothing is tried on the server of a production database: a scratch database is one of
 * its own, but roles and settings belong to the whole server, and migrations change those, too.
 * @param systemIdentifier of the target's server
 * @throws BackstepError `rehearsal_failed` with what to do
 */
export async function refuseOwnServer(
  scratchUrl: string,
  target: Pick<TargetConfig, 'name' | 'environment'>,
  systemIdentifier: string,
): Promise<void> {
  if (target.environment !== 'production') return;
  const scratch = await onScratchServer(scratchUrl, readIdentity);
  if (scratch.systemIdentifier !== systemIdentifier) return;
  throw new BackstepError(
    'rehearsal_failed',
    `SCRATCH_DATABASE_URL leads to the server of '${target.name}' itself. Its migrations and scripts are not tried there: roles and settings are the whole server’s. Set SCRATCH_DATABASE_URL to another server, or leave it out for the embedded one, then restart Backstep.`,
  );
}
