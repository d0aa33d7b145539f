import type { Blocker } from '@/lib/core/events';
import type { RunSession } from './run-session';

/** A statement that is over sooner is not worth a look at the locks. */
const LOOK_EVERY_MS = 400;

const BLOCKERS_SQL = `
  SELECT a.pid,
         coalesce(a.application_name, '') AS application_name,
         coalesce(a.usename::text, '') AS username,
         coalesce(a.state, '') AS state,
         left(coalesce(a.query, ''), 500) AS query,
         coalesce(extract(epoch FROM clock_timestamp() - a.xact_start) * 1000, 0)::float8 AS age_ms
  FROM pg_catalog.pg_stat_activity a
  WHERE a.pid = ANY (pg_catalog.pg_blocking_pids($1))
  ORDER BY a.xact_start NULLS LAST`;

const QUEUED_SQL = `
  SELECT count(*)::int AS queued FROM pg_catalog.pg_stat_activity a
  WHERE $1 = ANY (pg_catalog.pg_blocking_pids(a.pid))`;

interface BlockerRow {
  pid: number;
  application_name: string;
  username: string;
  state: string;
  query: string;
  age_ms: number;
}

/**
 * Looks, while a run goes on, whether its session waits for somebody, and tells each change.
 * @returns a function that ends the watch. It waits for nothing: a watch whose connection hangs must
 *   not keep a committed step from being recorded.
 */
export function watchLocks(
  session: RunSession,
  tell: (blockers: Blocker[], queued: number) => void,
): () => void {
  let ended = false;
  let last = '';
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    try {
      const found = await session.watch.query<BlockerRow>(BLOCKERS_SQL, [session.pid]);
      const blockers = found.rows.map((row) => ({
        pid: row.pid,
        applicationName: row.application_name,
        user: row.username,
        state: row.state,
        query: row.query,
        transactionAgeMs: Math.round(row.age_ms),
      }));
      const queued =
        blockers.length === 0
          ? 0
          : ((await session.watch.query<{ queued: number }>(QUEUED_SQL, [session.pid])).rows[0]
              ?.queued ?? 0);
      if (ended) return;
      const now = `${blockers.map((blocker) => blocker.pid).join()}/${queued}`;
      if (now !== last && !(last === '' && blockers.length === 0)) tell(blockers, queued);
      last = blockers.length === 0 ? '' : now;
    } catch {
      // The watch is a help for people, not a condition of the run: the run's own session reports
      // what is wrong with the connection.
    }
    if (!ended) timer = setTimeout(look, LOOK_EVERY_MS);
  };
  timer = setTimeout(look, LOOK_EVERY_MS);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
