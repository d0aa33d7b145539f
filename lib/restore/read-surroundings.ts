import type pg from 'pg';
import type { Ctx } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { RestoreSurroundings, SwapSessions } from '@/lib/core/restore-views';
import { withTarget } from '@/lib/target';
import { findRestore } from './change-status';
import { sentenceOf } from './perform-swap';
import { loadRestore, type RestoreFacts } from './restore-facts';

/** It is asked for every few seconds while somebody looks. */
const TIME_LIMIT_MS = 4_000;

/** Whose sessions the role may not see has no state and no type, but a name. */
const SESSIONS = `
  WITH sessions AS (
    SELECT coalesce(a.application_name, '') AS application, coalesce(a.usename::text, '') AS "user",
           pg_catalog.host(a.client_addr) AS client, a.state, a.xact_start
      FROM pg_catalog.pg_stat_activity a
     WHERE a.datid = $1::int8::oid AND a.pid <> pg_catalog.pg_backend_pid()
       AND coalesce(a.backend_type, '') NOT LIKE 'autovacuum%'
       AND NOT pg_catalog.starts_with(coalesce(a.application_name, ''), 'backstep ')
  ), states AS (
    SELECT application, "user", client, state, count(*)::int AS sessions,
           count(xact_start)::int AS in_transaction, min(xact_start) AS oldest
      FROM sessions GROUP BY 1, 2, 3, 4
  )
  SELECT application, "user", client, sum(sessions)::int AS sessions,
         sum(in_transaction)::int AS "inTransaction",
         (extract(epoch FROM clock_timestamp() - min(oldest)) * 1000)::float8 AS "oldestMs",
         json_agg(json_build_object('state', state, 'sessions', sessions)
                  ORDER BY sessions DESC, state) AS doing
    FROM states GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3`;

const NAME = `
  SELECT d.datname AS name FROM pg_catalog.pg_database d WHERE d.oid = $1::int8::oid`;

const PREPARED = `
  SELECT p.gid, p.owner::text AS owner, p.prepared AS since
    FROM pg_catalog.pg_prepared_xacts p WHERE p.database = $1 ORDER BY p.prepared`;

const SLOTS = `
  SELECT s.slot_name::text AS name, s.active
    FROM pg_catalog.pg_replication_slots s
   WHERE s.datoid = $1::int8::oid AND NOT s.temporary ORDER BY 1`;

const SUBSCRIPTIONS = `
  SELECT s.subname::text AS name FROM pg_catalog.pg_subscription s
   WHERE s.subdbid = $1::int8::oid ORDER BY 1`;

/**
 * Who is on the database that serves now, and what holds on to it: what a swap, or a swap back, ends or
 * leaves behind. A server that can't be asked is said, not thrown.
 * @throws BackstepError `forbidden`, `not_found`, `config_invalid`
 */
export async function readSurroundings(
  ctx: Ctx,
  input: { restore: string },
): Promise<RestoreSurroundings> {
  requirePermission(ctx.actor, 'target.read');
  const facts = await loadRestore(ctx, findRestore(input.restore));
  const { target, row } = facts;
  try {
    const found = await withTarget(target, 'write', (client) => ask(client, serving(facts)), {
      applicationName: 'backstep restore surroundings',
      timeLimitMs: TIME_LIMIT_MS,
    });
    return { database: row.presentDatabase, found, error: null };
  } catch (cause) {
    return { database: row.presentDatabase, found: null, error: sentenceOf(facts, cause) };
  }
}

/** The database that has the target's name, by its number: names are what a swap moves. */
function serving({ row }: RestoreFacts): number {
  const restored = row.status === 'swapped' || row.status === 'swapping_back';
  return restored && row.newOid !== null ? row.newOid : row.presentOid;
}

async function ask(client: pg.Client, oid: number): Promise<RestoreSurroundings['found']> {
  await client.query('SET default_transaction_read_only = on');
  const { rows: sessions } = await client.query<SwapSessions>(SESSIONS, [oid]);
  const { rows: names } = await client.query<{ name: string }>(NAME, [oid]);
  const { rows: prepared } = await client.query<{ gid: string; owner: string; since: Date }>(
    PREPARED,
    [names[0]?.name ?? null],
  );
  const { rows: slots } = await client.query<{ name: string; active: boolean }>(SLOTS, [oid]);
  const { rows: subscriptions } = await client.query<{ name: string }>(SUBSCRIPTIONS, [oid]);
  return {
    sessions,
    prepared: prepared.map(({ gid, owner, since }) => ({
      gid,
      owner,
      since: new Date(since).toISOString(),
    })),
    slots,
    subscriptions: subscriptions.map(({ name }) => name),
  };
}
