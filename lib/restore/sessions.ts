import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { RUN_LOCK_CLASS, SQLSTATE, sqlstateOf } from '@/lib/target';

/** A session of a database that is about to lose its name. */
export interface DatabaseSession {
  pid: number;
  user: string | null;
  application: string;
  client: string | null;
  state: string | null;
  since: string | null;
}

/** One that was ended, so that another database could have the name. */
export interface EndedSession extends DatabaseSession {
  /** It was not there when the swap began: it connected, or connected again, in the middle. */
  meanwhile: boolean;
}

/** The same process number may come again; not in the same second. */
export const keyOf = ({ pid, since }: Pick<DatabaseSession, 'pid' | 'since'>): string =>
  `${pid} ${since}`;

const SESSIONS_SQL = `
  SELECT a.pid, a.usename AS "user", a.application_name AS application,
         pg_catalog.host(a.client_addr) AS client, a.state,
         pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
    FROM pg_catalog.pg_stat_activity a
   WHERE a.datid = $1::int8::oid AND a.pid <> pg_catalog.pg_backend_pid()
     AND coalesce(a.backend_type, '') NOT LIKE 'autovacuum%'
   ORDER BY a.backend_start`;

const PREPARED_SQL = `
  SELECT p.gid FROM pg_catalog.pg_prepared_xacts p
   WHERE p.database = (SELECT d.datname FROM pg_catalog.pg_database d WHERE d.oid = $1::int8::oid)`;

/** A terminated session rolls back first; a large transaction needs a while for that. */
const GONE_AFTER_MS = 30_000;

export async function sessionsOf(client: pg.ClientBase, oid: number): Promise<DatabaseSession[]> {
  return (await client.query<DatabaseSession>(SESSIONS_SQL, [oid])).rows;
}

/**
 * A prepared transaction belongs to no session, so nobody can end it by ending sessions, and a database
 * that holds one keeps its name and can't be dropped.
 * @throws BackstepError `restore_failed`
 */
export async function requireNoPrepared(client: pg.ClientBase, oid: number): Promise<void> {
  const { rows } = await client.query<{ gid: string }>(PREPARED_SQL, [oid]);
  if (rows.length === 0) return;
  const names = rows.map(({ gid }) => gid).join(', ');
  throw new BackstepError(
    'restore_failed',
    `The database holds prepared transactions (${names}), and can be neither renamed nor dropped before they end. COMMIT PREPARED or ROLLBACK PREPARED each of them in that database, then try again.`,
  );
}

const RUNS_SQL = `
  SELECT DISTINCT l.pid, a.usename AS "user", a.application_name AS application
    FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
     AND l.database = $1::int8::oid AND l.classid = $2::int8::oid`;

/** Also what only looks at the fence holds the lock of a run, for milliseconds. */
const LOOK_OVER_MS = 3_000;

/**
 * What one target knows of its runs is not all: another target, or another Backstep, may be at the same
 * database. Its run is not to be ended in the middle, nor to go on in a database that was swapped out.
 * @throws BackstepError `restore_failed` naming the sessions
 */
export async function requireNoRun(client: pg.ClientBase, oid: number): Promise<void> {
  const until = performance.now() + LOOK_OVER_MS;
  for (;;) {
    const { rows } = await client.query<Pick<DatabaseSession, 'pid' | 'user' | 'application'>>(
      RUNS_SQL,
      [oid, RUN_LOCK_CLASS],
    );
    if (rows.length === 0) return;
    if (performance.now() > until)
      throw new BackstepError(
        'restore_failed',
        `A rollback is being run in this database, for another target or by another Backstep: ${namesOf(rows)}. Nothing was swapped. Let it end, or stop it in its own room, then swap again.`,
      );
    await sleep(100);
  }
}

/**
 * Ends the sessions of a database that lets nobody in any more, and waits until they are gone.
 * @param onEnd told of every session that was ended, each once, also where others then do not go
 * @param spared one of our own, which stays
 * @throws BackstepError `restore_failed` naming sessions that the role may not end, or that do not go, or
 *   transactions that one of them has prepared in the last moment
 */
export async function endSessions(
  client: pg.ClientBase,
  oid: number,
  onEnd: (session: DatabaseSession) => void = () => undefined,
  patienceMs = GONE_AFTER_MS,
  spared: number | null = null,
): Promise<void> {
  const ended = new Set<string>();
  const until = performance.now() + patienceMs;
  for (;;) {
    const present = (await sessionsOf(client, oid)).filter(({ pid }) => pid !== spared);
    if (present.length === 0) {
      await requireNoPrepared(client, oid);
      return;
    }
    if (performance.now() > until)
      throw new BackstepError(
        'restore_failed',
        `These sessions did not end within ${Math.round(patienceMs / 1_000)} s: ${namesOf(present)}. Stop what they belong to, then swap again.`,
      );
    const refused: DatabaseSession[] = [];
    for (const session of present) {
      if (!(await terminate(client, session.pid))) refused.push(session);
      else if (!ended.has(keyOf(session))) {
        ended.add(keyOf(session));
        onEnd(session);
      }
    }
    if (refused.length > 0)
      throw new BackstepError(
        'restore_failed',
        `The role may not end these sessions: ${namesOf(refused)}. Grant it pg_signal_backend (a superuser's sessions end only by a superuser), or stop what they belong to, then swap again.`,
      );
    await sleep(50);
  }
}

/**
 * Ends the sessions that are there now, and waits for none: new ones may come at once.
 * @returns those that the role may not end
 */
export async function endSessionsOnce(
  client: pg.ClientBase,
  oid: number,
  onEnd: (session: DatabaseSession) => void,
): Promise<DatabaseSession[]> {
  const refused: DatabaseSession[] = [];
  for (const session of await sessionsOf(client, oid)) {
    if (await terminate(client, session.pid)) onEnd(session);
    else refused.push(session);
  }
  return refused;
}

async function terminate(client: pg.ClientBase, pid: number): Promise<boolean> {
  try {
    await client.query('SELECT pg_catalog.pg_terminate_backend($1)', [pid]);
    return true;
  } catch (cause) {
    if (sqlstateOf(cause) === SQLSTATE.insufficientPrivilege) return false;
    throw cause;
  }
}

/** For a sentence; the first five. */
export function namesOf(
  sessions: readonly Pick<DatabaseSession, 'pid' | 'user' | 'application'>[],
): string {
  return sessions
    .slice(0, 5)
    .map(
      ({ pid, user, application }) =>
        `${application || 'unnamed'} (process ${pid}${user ? `, ${user}` : ''})`,
    )
    .join(', ')
    .concat(sessions.length > 5 ? ` and ${sessions.length - 5} more` : '');
}
