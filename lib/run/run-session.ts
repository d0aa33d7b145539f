import type pg from 'pg';
import { type Ctx, installationId } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import { closeTarget, openTarget, RUN_LOCK_CLASS, type TrackingTable } from '@/lib/target';
import { prepareSession, type SessionSettings } from '@/lib/undo';
import { SchemaReader } from './schema-reader';
import { BACKEND_START_SQL, SessionWatch, type WatchTimes } from './session-watch';

/**
 * Begins the `application_name` of every session that changes the schema for this rollback. With the
 * installation in it, nobody ends the session of another Backstep that counts from 1 as well.
 */
export const applicationPrefix = (installation: string, rollbackId: number): string =>
  `backstep run ${installation}/${rollbackId}/`;

export const applicationName = (installation: string, rollbackId: number, epoch: number): string =>
  `${applicationPrefix(installation, rollbackId)}${epoch}`;

export interface RunSession {
  /** Changes the schema and holds the session lock. */
  client: pg.Client;
  /** The second connection: looks at locks and cancels; never changes anything. */
  watch: SessionWatch;
  /** The third: reads the schema. */
  schema: SchemaReader;
  pid: number;
  /** With the pid it names the session for good. */
  backendStart: string;
  settings: SessionSettings;
  close(): Promise<void>;
}

/** Nobody watches the session before it is open. What is asked until then is answered in milliseconds. */
const OPEN_LIMIT_MS = 15_000;
/** The second connection is asked little; what takes longer hangs. */
const WATCH_STATEMENT_TIMEOUT_MS = 3_000;

/**
 * The one session of a run and a second connection that watches it. Both are opened directly on the
 * target: the lock and the schema change live and die together.
 * @throws BackstepError `target_unreachable`
 */
export async function openRunSession(
  ctx: Pick<Ctx, 'db'>,
  target: TargetConfig,
  rollbackId: number,
  epoch: number,
  times?: WatchTimes,
): Promise<RunSession> {
  const name = applicationName(await installationId(ctx), rollbackId, epoch);
  let opening: pg.Client[] | null = [];
  const limit = setTimeout(() => {
    for (const { connection } of opening ?? []) connection.stream.destroy();
  }, OPEN_LIMIT_MS);
  const openOwn = async () => {
    const opened = await openTarget(target, 'write', { applicationName: name });
    opening?.push(opened);
    return opened;
  };
  const openWatch = async (connectMs?: number) => {
    const opened = await openTarget(target, 'write', {
      applicationName: name.replace('backstep run', 'backstep watch'),
      connectMs,
    });
    opening?.push(opened);
    await opened.query(`SET statement_timeout = ${WATCH_STATEMENT_TIMEOUT_MS}`);
    return opened;
  };
  const [client, watching] = await both(openOwn(), openWatch()).catch((cause: unknown) => {
    clearTimeout(limit);
    throw cause;
  });
  let watch: SessionWatch | undefined;
  const schema = new SchemaReader(
    client,
    () =>
      openTarget(target, 'write', {
        applicationName: name.replace('backstep run', 'backstep schema'),
      }),
    target.tracking,
  );
  const close = async () => {
    await Promise.all([
      closeTarget(client),
      watch ? watch.end() : closeTarget(watching),
      schema.end(),
    ]);
  };
  try {
    schema.warmUp();
    await prepareSession(client);
    const { rows } = await client.query<{ pid: number; path: string; backend_start: string }>(
      `SELECT a.pid, ${BACKEND_START_SQL} AS backend_start,
              pg_catalog.current_setting('search_path') AS path
         FROM pg_catalog.pg_stat_activity a WHERE a.pid = pg_catalog.pg_backend_pid()`,
    );
    const row = rows[0];
    if (!row) throw new Error('the target did not tell its backend');
    watch = new SessionWatch(
      { client, pid: row.pid, backendStart: row.backend_start },
      watching,
      openWatch,
      times,
    );
    return {
      client,
      watch,
      schema,
      pid: row.pid,
      backendStart: row.backend_start,
      settings: {
        lockTimeoutMs: target.policy.lock_timeout_ms,
        statementTimeoutMs: target.policy.statement_timeout_ms,
        searchPath: row.path,
        known: {},
      },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  } finally {
    clearTimeout(limit);
    opening = null;
  }
}

/**
 * Two connections that are opened at the same time.
 * @throws what either of them throws; the other is closed then
 */
async function both(...opening: [Promise<pg.Client>, Promise<pg.Client>]) {
  const opened = await Promise.allSettled(opening);
  const [first, second] = opened;
  if (first.status === 'fulfilled' && second.status === 'fulfilled')
    return [first.value, second.value] as const;
  const failed = opened.find((one) => one.status === 'rejected');
  const given = opened.find((one) => one.status === 'fulfilled');
  if (!given) throw failed?.reason;
  await closeTarget(given.value);
  throw alone(failed?.reason);
}

/** One connection was let in, so what is wrong with the other may be their number. */
function alone(cause: unknown): unknown {
  if (!(cause instanceof BackstepError)) return cause;
  return new BackstepError(
    cause.code,
    `${cause.message} A run needs two connections at once; only one was given.`,
    { cause: cause.cause, details: cause.details },
  );
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

/** Server processes that hold the lock of this target, for a session or for a transaction. */
export async function lockHolders(
  client: pg.ClientBase,
  tracking: TrackingTable,
): Promise<number[]> {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT DISTINCT l.pid FROM pg_catalog.pg_locks l
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
       AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
       AND l.classid = $1::oid AND l.objid = (pg_catalog.hashtext($2)::bigint & 4294967295)::oid`,
    targetLock(tracking),
  );
  return rows.map(({ pid }) => pid);
}

const targetLock = ({ schema, table }: TrackingTable): [number, string] => [
  RUN_LOCK_CLASS,
  `${schema}.${table}`,
];
