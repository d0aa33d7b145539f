import pg from 'pg';
import type { BackupManifest } from '@/lib/control';
import type { Amount } from '@/lib/core/evidence';
import { SET_ASIDE_SCHEMA } from '@/lib/core/restore';

type Activity = NonNullable<BackupManifest['activity']>;

// The collector resets with a crash of the server, and by hand; each reset has its time.
const RESET = `
  SELECT pg_catalog.to_char(stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS reset
    FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()`;

const CHANGES = `
  SELECT schemaname AS schema, relname AS name, (n_tup_ins + n_tup_upd + n_tup_del)::text AS changes
    FROM pg_catalog.pg_stat_user_tables
   WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND schemaname !~ ${pg.escapeLiteral(SET_ASIDE_SCHEMA)}`;

/** Row changes of every table so far, but for those that a restore in place has made or set aside. Committed or not: a statistic, not a count. */
export async function readRowChanges(client: pg.ClientBase): Promise<Activity> {
  const reset = await client.query<{ reset: string | null }>(RESET);
  const { rows } = await client.query<{ schema: string; name: string; changes: string }>(CHANGES);
  return {
    statsReset: reset.rows[0]?.reset ?? null,
    tables: rows.map(({ schema, name, changes }) => ({
      table: `${schema}.${name}`,
      changes: Number(changes),
    })),
  };
}

export interface ChangesSince {
  total: Amount;
  /** The most first; tables without a change are left out. */
  tables: { table: string; changes: number }[];
}

/** What was written after a backup's snapshot, by table, from the server's statistics. */
export function changesSince(then: Activity | undefined, now: Activity): ChangesSince {
  if (!then) return unknown('the backup did not record it');
  if (then.statsReset !== now.statsReset) return unknown('the statistics were reset since');
  const before = new Map(then.tables.map(({ table, changes }) => [table, changes]));
  const tables = now.tables
    .map(({ table, changes }) => ({ table, changes: changes - (before.get(table) ?? 0) }))
    .filter(({ changes }) => changes !== 0)
    .sort((a, b) => b.changes - a.changes);
  // A table that was dropped and made again counts from zero: fewer than before says nothing.
  if (tables.some(({ changes }) => changes < 0)) return unknown('a table was made anew since');
  const total = tables.reduce((sum, { changes }) => sum + changes, 0);
  return { total: { value: total, estimate: true, source: 'table statistics' }, tables };
}

const unknown = (why: string): ChangesSince => ({
  total: { value: null, estimate: true, source: why },
  tables: [],
});
