import type pg from 'pg';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import type { TrackingRow } from '@/lib/core/migration';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import { readTracking } from '@/lib/target';

/** What the dump will contain, seen in the very snapshot that the dump reads. */
export interface DumpSnapshot {
  /** For `pg_dump --snapshot`; valid while the client's transaction is open. */
  id: string;
  rows: TrackingRow[];
  schemaFingerprint: string;
  /** Tables with rows of their own, by object id: each must be in the dump's table of contents. */
  tables: Map<string, string>;
  trackingTable: { oid: string; name: string };
}

// Temporary tables, views and partitioned parents have no rows of their own in a dump; an
// extension's tables come back with the extension.
const TABLES = `
  SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS table
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND c.relpersistence <> 't'
     AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
     AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
          AND d.deptype = 'e')`;

/**
 * Opens the transaction whose snapshot the dump will use, and reads in it what the manifest says of
 * the dump. The transaction stays open: `pg_dump` and its workers take the snapshot from it.
 * @param lockWaitMs PostgreSQL locks a table to print some of its definitions
 * @throws BackstepError `tracking_table_absent`, `refused`; a server error 55P03 when a table is held
 */
export async function openDumpSnapshot(
  client: pg.Client,
  target: TargetConfig,
  lockWaitMs: number,
): Promise<DumpSnapshot> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // The session waits for the whole dump, and a server that ends idle ones would end the snapshot.
  await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  await client.query('SET LOCAL statement_timeout = 0');
  await client.query("SELECT pg_catalog.set_config('lock_timeout', $1, true)", [
    String(lockWaitMs),
  ]);
  const exported = await client.query<{ id: string }>(
    'SELECT pg_catalog.pg_export_snapshot() AS id',
  );
  const id = exported.rows[0]?.id;
  if (!id) throw new Error('the server exported no snapshot');
  const rows = await readTracking(client, target.tracking);
  const catalog = await snapshotCatalog(client, { tracking: target.tracking });
  const found = await client.query<{ oid: string; schema: string; table: string }>(TABLES);
  const tracking = found.rows.find(
    (row) => row.schema === target.tracking.schema && row.table === target.tracking.table,
  );
  const name = `${target.tracking.schema}.${target.tracking.table}`;
  if (!tracking) throw new Error(`${name} is not an ordinary table`);
  return {
    id,
    rows,
    schemaFingerprint: fingerprint(catalog),
    tables: new Map(found.rows.map((row) => [row.oid, `${row.schema}.${row.table}`])),
    trackingTable: { oid: tracking.oid, name },
  };
}

export async function databaseBytes(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    'SELECT pg_catalog.pg_database_size(pg_catalog.current_database())::text AS bytes',
  );
  return Number(rows[0]?.bytes ?? 0);
}

/**
 * Tag of the newest tracking row, as far as the plan knows the row: the table itself has no names.
 */
export function headOf(rows: readonly TrackingRow[], plan: Plan): string | null {
  const newest = rows.reduce<TrackingRow | undefined>(
    (best, row) => (best && Number(best.createdAt) > Number(row.createdAt) ? best : row),
    undefined,
  );
  if (!newest) return null;
  const step = plan.steps.find(
    ({ row }) => row.hash === newest.hash && row.createdAt === newest.createdAt,
  );
  const file = plan.replay.find((entry) => String(entry.when) === newest.createdAt);
  return step?.tag ?? file?.tag ?? null;
}
