import type pg from 'pg';
import type { TargetConfig } from '@/lib/core/policy';
import { closeTarget, openTarget, type TrackingTable } from '@/lib/target';
import { prepareSession, type SessionSettings } from '@/lib/undo';

/** First key of Backstep's advisory locks on targets; the second is a hash of the tracking table. */
export const TARGET_LOCK_CLASS = 5_730_100;

export const applicationName = (rollbackId: number, epoch: number): string =>
  `backstep run ${rollbackId}/${epoch}`;

export const applicationPrefix = (rollbackId: number): string => `backstep run ${rollbackId}/`;

export interface RunSession {
  /** Changes the schema and holds the session lock. */
  client: pg.Client;
  /** Looks at locks and cancels; never changes anything. */
  watch: pg.Client;
  pid: number;
  settings: SessionSettings;
  close(): Promise<void>;
}

/**
 * The one session of a run and a second connection that watches it. Both are opened directly on the
 * target: the lock and the schema change live and die together.
 * @throws BackstepError `target_unreachable`
 */
export async function openRunSession(
  target: TargetConfig,
  rollbackId: number,
  epoch: number,
): Promise<RunSession> {
  const client = await openTarget(target, 'write', {
    applicationName: applicationName(rollbackId, epoch),
  });
  let watch: pg.Client;
  try {
    watch = await openTarget(target, 'write', {
      applicationName: `backstep watch ${rollbackId}/${epoch}`,
    });
  } catch (cause) {
    await closeTarget(client);
    throw cause;
  }
  const close = async () => {
    await Promise.all([closeTarget(client), closeTarget(watch)]);
  };
  try {
    await prepareSession(client);
    await watch.query("SET statement_timeout = '5s'");
    const { rows } = await client.query<{ pid: number; path: string }>(
      "SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.current_setting('search_path') AS path",
    );
    const row = rows[0];
    if (!row) throw new Error('the target did not tell its backend');
    return {
      client,
      watch,
      pid: row.pid,
      settings: {
        lockTimeoutMs: target.policy.lock_timeout_ms,
        statementTimeoutMs: target.policy.statement_timeout_ms,
        searchPath: row.path,
      },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** Takes the session lock of this target. @returns false when somebody else holds it */
export async function takeSessionLock(
  session: RunSession,
  tracking: TrackingTable,
): Promise<boolean> {
  const { rows } = await session.client.query<{ ok: boolean }>(
    'SELECT pg_catalog.pg_try_advisory_lock($1, pg_catalog.hashtext($2)) AS ok',
    targetLock(tracking),
  );
  return rows[0]?.ok === true;
}

/** The same lock, until the caller's transaction ends. @returns false when a run holds it */
export async function takeTransactionLock(
  client: pg.ClientBase,
  tracking: TrackingTable,
): Promise<boolean> {
  const { rows } = await client.query<{ ok: boolean }>(
    'SELECT pg_catalog.pg_try_advisory_xact_lock($1, pg_catalog.hashtext($2)) AS ok',
    targetLock(tracking),
  );
  return rows[0]?.ok === true;
}

const targetLock = ({ schema, table }: TrackingTable): [number, string] => [
  TARGET_LOCK_CLASS,
  `${schema}.${table}`,
];
