import type pg from 'pg';
import { type Ctx, installationId, type RollbackFacts } from '@/lib/control';
import { type DatabaseIdentity, readIdentity } from '@/lib/target';
import { applicationPrefix, lockHolders } from './run-session';

/** A terminated session needs a moment to roll back; a big one needs longer, and is asked again. */
const ORPHAN_PATIENCE_MS = 10_000;

/**
 * Ends what is left of a run's session.
 * @returns why the target can't be asked yet; null when nothing of the run is left there
 * @throws what the server says
 */
export async function endSession(
  ctx: Pick<Ctx, 'db'>,
  client: pg.Client,
  facts: RollbackFacts,
): Promise<string | null> {
  const elsewhere = otherDatabase(await readIdentity(client), facts);
  if (elsewhere) return elsewhere;
  const left = await endOrphans(ctx, client, facts);
  return left > 0 ? 'The old session of the run has not ended yet.' : null;
}

/** The configuration may have changed since, and another database's rows would tell a wrong story. */
function otherDatabase(identity: DatabaseIdentity, facts: RollbackFacts): string | null {
  const { database } = facts.row.plan;
  if (identity.systemIdentifier !== database.systemIdentifier || identity.name !== database.name)
    return `The configuration leads to another database than the run was on: ${identity.name} on system ${identity.systemIdentifier}. Put url back.`;
  if (identity.inRecovery)
    return 'The configuration leads to a standby, which may lag behind. Point url at the primary.';
  return null;
}

/**
 * @returns how many sessions of this run are still there. One that a script has renamed is known by the
 *   lock that it holds; it is waited for, as it may be another installation's.
 */
async function endOrphans(
  ctx: Pick<Ctx, 'db'>,
  client: pg.Client,
  facts: RollbackFacts,
): Promise<number> {
  const prefix = applicationPrefix(await installationId(ctx), facts.row.id);
  const until = performance.now() + ORPHAN_PATIENCE_MS;
  for (;;) {
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid, pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
       WHERE pg_catalog.starts_with(application_name, $1) AND datname = current_database()
         AND pid <> pg_catalog.pg_backend_pid()`,
      [prefix],
    );
    const left =
      rows.length > 0 ? rows.length : (await lockHolders(client, facts.row.plan.tracking)).length;
    if (left === 0 || performance.now() > until) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
