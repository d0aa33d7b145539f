import type pg from 'pg';
import { type Ctx, installationId, type RollbackFacts } from '@/lib/control';
import type { TargetConfig } from '@/lib/core/policy';
import { closeTarget, type DatabaseIdentity, openTarget, readIdentity } from '@/lib/target';
import { applicationPrefix, lockHolders, type RunSession } from './run-session';
import { BACKEND_START_SQL } from './session-watch';

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
 * Ends a run's session whose connection was lost before anything had begun. The server may not know of
 * the loss, and would keep the lock of the target. Best effort: the next run tries it again.
 */
export async function endLostSession(
  target: TargetConfig,
  { pid, backendStart }: Pick<RunSession, 'pid' | 'backendStart'>,
  rollbackId: number,
): Promise<void> {
  const client = await openTarget(target, 'write', {
    applicationName: `backstep settle ${rollbackId}`,
  }).catch(() => null);
  if (!client) return;
  const limit = setTimeout(() => client.connection.stream.destroy(), ORPHAN_PATIENCE_MS);
  try {
    await untilNone(() =>
      end(client, `a.pid = $1 AND ${BACKEND_START_SQL} = $2`, [pid, backendStart]),
    );
  } catch {
    // Said by the next run, if it still is in its way.
  } finally {
    clearTimeout(limit);
    await closeTarget(client);
  }
}

/**
 * Ends sessions that earlier runs of this rollback have left on the target: a run begins only when the
 * one before has ended, so that nobody is at them any more. Asked from the new run's own session; what
 * is younger than that belongs to whoever took over meanwhile.
 */
export async function endEarlierSessions(
  ctx: Pick<Ctx, 'db'>,
  session: Pick<RunSession, 'client' | 'backendStart'>,
  rollbackId: number,
): Promise<void> {
  const prefix = applicationPrefix(await installationId(ctx), rollbackId);
  await untilNone(() =>
    end(
      session.client,
      `pg_catalog.starts_with(a.application_name, $1) AND a.datname = pg_catalog.current_database()
         AND ${BACKEND_START_SQL} < $2`,
      [prefix, session.backendStart],
    ),
  );
}

/** Asks again until nothing is left, or patience is. @returns how many are left */
async function untilNone(count: () => Promise<number>): Promise<number> {
  const until = performance.now() + ORPHAN_PATIENCE_MS;
  for (;;) {
    const left = await count();
    if (left === 0 || performance.now() > until) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @returns how many sessions but this one were there to be ended */
async function end(client: pg.Client, which: string, values: unknown[]): Promise<number> {
  const { rows } = await client.query(
    `SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
     WHERE a.pid <> pg_catalog.pg_backend_pid() AND ${which}`,
    values,
  );
  return rows.length;
}

/**
 * Ends sessions that are older than this one: a younger one belongs to whoever goes on with the run.
 * @returns how many sessions of this run are still there. One that a script has renamed is known by the
 *   lock that it holds; it is waited for, as it may be another installation's.
 */
async function endOrphans(
  ctx: Pick<Ctx, 'db'>,
  client: pg.Client,
  facts: RollbackFacts,
): Promise<number> {
  const prefix = applicationPrefix(await installationId(ctx), facts.row.id);
  return untilNone(
    async () =>
      (await end(
        client,
        `pg_catalog.starts_with(a.application_name, $1) AND a.datname = pg_catalog.current_database()
           AND a.backend_start < (SELECT own.backend_start FROM pg_catalog.pg_stat_activity own
                                   WHERE own.pid = pg_catalog.pg_backend_pid())`,
        [prefix],
      )) || (await lockHolders(client, facts.row.plan.tracking)).length,
  );
}
