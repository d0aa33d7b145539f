import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import type { DatabaseIdentity } from '@/lib/target';

/** @throws BackstepError `config_invalid` */
export function configuredTarget(ctx: Pick<Ctx, 'config'>, name: string): TargetConfig {
  const target = ctx.config.targets.find((candidate) => candidate.name === name);
  if (target) return target;
  throw new BackstepError(
    'config_invalid',
    `The target '${name}' is no longer in ${ctx.config.path}. Put it back, then take the backup again.`,
  );
}

/**
 * The database that answers must be the primary, and the one of the plan where there is a plan.
 * @throws BackstepError `backup_failed`
 */
export function requirePlannedDatabase(
  target: Pick<TargetConfig, 'name'>,
  plan: Pick<Plan, 'database'> | null,
  identity: DatabaseIdentity,
): void {
  if (identity.inRecovery) {
    throw new BackstepError(
      'backup_failed',
      `'${target.name}' leads to a standby. Write the primary's address into the target's url.`,
    );
  }
  if (!plan) return;
  const { database } = plan;
  if (identity.systemIdentifier === database.systemIdentifier && identity.name === database.name) {
    return;
  }
  throw new BackstepError(
    'backup_failed',
    `'${target.name}' now leads to the database ${identity.name} with system identifier ${identity.systemIdentifier}; the plan is for ${database.name} with ${database.systemIdentifier}. Correct the target's url, or create a new rollback for this database.`,
  );
}

/** What a check says of the database that answered. */
export const identityInWords = (identity: DatabaseIdentity): string =>
  `system identifier ${identity.systemIdentifier}, database ${identity.name}, PostgreSQL ${identity.serverVersion}`;
