import type { Blocker } from '@/lib/core/events';
import { type HeldLock, heldInWords } from './held-locks';
import type { RunSession } from './run-session';
import { BACKEND_START_SQL } from './session-watch';

/** A statement that is over sooner is not worth a look at the locks. */
const LOOK_EVERY_MS = 400;
/** Ages move on, and whoever reads them should see that. */
const TELL_AGAIN_MS = 5_000;
/** A busy application's queue grows all the time; that alone is told once in a while. */
const TELL_QUEUE_MS = 1_000;

// What a blocker holds of the very thing that we wait for, and how we want it. A prepared transaction
// has no session: its number is 0, and what is shown of it is how to end it.
const BLOCKERS_SQL = `
  WITH wanted AS (SELECT * FROM pg_catalog.pg_locks WHERE pid = $1 AND NOT granted),
  blocker AS (SELECT DISTINCT pid FROM unnest(pg_catalog.pg_blocking_pids($1)) AS b(pid))
  SELECT b.pid,
         coalesce(a.application_name, '') AS application_name,
         coalesce(a.usename::text, '') AS username,
         CASE b.pid WHEN 0 THEN 'prepared' ELSE coalesce(a.state, '') END AS state,
         CASE b.pid WHEN 0 THEN (
           SELECT coalesce(string_agg(pg_catalog.format('ROLLBACK PREPARED %L', p.gid), '; ' ORDER BY p.prepared), '')
             FROM pg_catalog.pg_prepared_xacts p WHERE p.database = current_database())
           ELSE left(coalesce(a.query, ''), 500) END AS query,
         coalesce(extract(epoch FROM clock_timestamp() - a.xact_start) * 1000, 0)::float8 AS age_ms,
         (extract(epoch FROM clock_timestamp() - a.state_change) * 1000)::float8 AS state_age_ms,
         ${BACKEND_START_SQL} AS backend_start,
         coalesce(a.client_hostname, pg_catalog.host(a.client_addr)) AS client,
         (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object(
                   'type', h.locktype, 'mode', h.mode, 'wanted', w.mode, 'relation',
                   (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
                      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.oid = h.relation))), '[]')
            FROM wanted w JOIN pg_catalog.pg_locks h ON h.granted AND coalesce(h.pid, 0) = b.pid
             AND h.locktype = w.locktype
             AND (h.database, h.relation, h.page, h.tuple, h.virtualxid, h.transactionid, h.classid,
                  h.objid, h.objsubid)
                 IS NOT DISTINCT FROM
                 (w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid, w.classid,
                  w.objid, w.objsubid)) AS held
  FROM blocker b LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
 WHERE a.pid IS NOT NULL OR b.pid = 0
  ORDER BY a.xact_start NULLS LAST, b.pid`;

// Who waits behind us, and behind those: all of them go on only when we do.
const QUEUED_SQL = `
  WITH RECURSIVE waiting AS MATERIALIZED (
    SELECT l.pid, pg_catalog.pg_blocking_pids(l.pid) AS blockers
      FROM (SELECT DISTINCT pid FROM pg_catalog.pg_locks WHERE NOT granted AND pid <> $1) l
  ), behind(pid) AS (
    SELECT pid FROM waiting WHERE $1 = ANY (blockers)
    UNION
    SELECT w.pid FROM waiting w JOIN behind b ON b.pid = ANY (w.blockers)
  )
  SELECT count(*)::int AS queued FROM behind`;

interface BlockerRow {
  pid: number;
  application_name: string;
  username: string;
  state: string;
  query: string;
  age_ms: number;
  state_age_ms: number | null;
  backend_start: string | null;
  client: string | null;
  held: HeldLock[];
}

/**
 * Looks, while a run goes on, whether its session waits for somebody. Tells each change of who it is
 * and, while it lasts, at least every five seconds.
 * @returns a function that ends the watch. It waits for nothing: a watch whose connection hangs must
 *   not keep a committed step from being recorded.
 */
export function watchLocks(
  session: Pick<RunSession, 'watch' | 'pid'>,
  tell: (blockers: Blocker[], queued: number) => void,
): () => void {
  let ended = false;
  let told: { who: string; queued: number; at: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    try {
      const { blockers, queued } = await whoBlocks(session);
      if (ended) return;
      if (isNews(told, blockers, queued)) {
        tell(blockers, queued);
        told =
          blockers.length === 0
            ? undefined
            : { who: whoIn(blockers), queued, at: performance.now() };
      }
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

async function whoBlocks({
  watch,
  pid,
}: Pick<RunSession, 'watch' | 'pid'>): Promise<{ blockers: Blocker[]; queued: number }> {
  const blockers = (await watch.ask<BlockerRow>(BLOCKERS_SQL, [pid])).map(blockerOf);
  if (blockers.length === 0) return { blockers, queued: 0 };
  const [row] = await watch.ask<{ queued: number }>(QUEUED_SQL, [pid]);
  return { blockers, queued: row?.queued ?? 0 };
}

function blockerOf(row: BlockerRow): Blocker {
  return {
    pid: row.pid,
    applicationName: row.application_name,
    user: row.username,
    state: row.state,
    query: row.query,
    transactionAgeMs: Math.round(row.age_ms),
    // Of another role's session the server hides these from a role without pg_read_all_stats.
    ...(row.backend_start === null ? {} : { backendStart: row.backend_start }),
    ...(row.state_age_ms === null ? {} : { stateAgeMs: Math.round(row.state_age_ms) }),
    client: row.client,
    holds: heldInWords(row.held),
  };
}

/** A session, and what it does: one that has gone idle in its transaction is another case. */
const whoIn = (blockers: readonly Blocker[]): string =>
  blockers
    .map(({ pid, backendStart, state, holds }) => [pid, backendStart, state, holds].join())
    .sort()
    .join(';');

function isNews(
  told: { who: string; queued: number; at: number } | undefined,
  blockers: readonly Blocker[],
  queued: number,
): boolean {
  if (!told) return blockers.length > 0;
  const ageMs = performance.now() - told.at;
  if (whoIn(blockers) !== told.who || ageMs >= TELL_AGAIN_MS) return true;
  return queued !== told.queued && ageMs >= TELL_QUEUE_MS;
}
