import pg from 'pg';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import type { BackupManifest } from '@/lib/control';
import type { TrackingRow } from '@/lib/core/migration';
import { pairRows } from '@/lib/core/pair-rows';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import { readMigrationFolder } from '@/lib/folders';
import { readRowChanges } from '@/lib/impact';
import { type DumpedSchema, readDumpedSchema } from '@/lib/restored';
import { readTracking } from '@/lib/target';

/** What the dump will contain, seen in the very snapshot that the dump reads. */
export interface DumpSnapshot {
  /** For `pg_dump --snapshot`; valid while the client's transaction is open. */
  id: string;
  rows: TrackingRow[];
  schemaFingerprint: string;
  /** Tables with rows of their own, by object id: each must be in the dump's table of contents. */
  tables: Map<string, DumpedTable>;
  extensions: NonNullable<BackupManifest['extensions']>;
  trackingTable: { oid: string; name: string };
  /** What a restored copy is compared with. */
  schema: DumpedSchema;
  /** What the server's statistics counted so far. */
  activity: NonNullable<BackupManifest['activity']>;
}

export interface DumpedTable {
  schema: string;
  table: string;
  /** `public.rooms`, for people and the manifest. */
  name: string;
  /** As of its last VACUUM or ANALYZE: asking for more takes a lock. */
  bytes: number;
}

// Temporary tables, views and partitioned parents have no rows of their own in a dump; an
// extension's tables come back with the extension.
const TABLES = `
  SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS table,
         ((c.relpages::bigint + coalesce(t.relpages, 0))
          * pg_catalog.current_setting('block_size')::bigint)::text AS bytes
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
   WHERE c.relkind = 'r' AND c.relpersistence <> 't'
     AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
     AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
          AND d.deptype = 'e')`;

const EXTENSIONS = `
  SELECT extname AS name, extversion AS version FROM pg_catalog.pg_extension ORDER BY extname`;

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
  const found = await client.query<{ oid: string; schema: string; table: string; bytes: string }>(
    TABLES,
  );
  const extensions = await client.query<{ name: string; version: string }>(EXTENSIONS);
  const tracking = found.rows.find(
    (row) => row.schema === target.tracking.schema && row.table === target.tracking.table,
  );
  const name = `${target.tracking.schema}.${target.tracking.table}`;
  if (!tracking) throw new Error(`${name} is not an ordinary table`);
  const activity = await readRowChanges(client);
  const searchPath = await searchPathOf(client);
  return {
    schema: await readDumpedSchema(client, catalog, searchPath),
    id,
    rows,
    schemaFingerprint: fingerprint(catalog),
    tables: new Map(
      found.rows.map(({ oid, schema, table, bytes }) => [
        oid,
        { schema, table, name: `${schema}.${table}`, bytes: Number(bytes) },
      ]),
    ),
    extensions: extensions.rows,
    activity,
    trackingTable: { oid: tracking.oid, name },
  };
}

/** What unqualified names of the scripts mean to this role, also where the role has another name. */
async function searchPathOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ path: string; user: string }>(
    "SELECT pg_catalog.current_setting('search_path') AS path, current_user::text AS user",
  );
  const { path, user } = rows[0] ?? { path: '', user: '' };
  return path.replaceAll('"$user"', pg.escapeIdentifier(user));
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
  const newest = newestOf(rows);
  if (!newest) return null;
  const step = plan.steps.find(
    ({ row }) => row.hash === newest.hash && row.createdAt === newest.createdAt,
  );
  const file = plan.replay.find((entry) => String(entry.when) === newest.createdAt);
  return step?.tag ?? file?.tag ?? null;
}

/** The same without a plan: by the files of today, where they know the row. */
export async function headByFiles(
  rows: readonly TrackingRow[],
  target: TargetConfig,
): Promise<string | null> {
  const newest = newestOf(rows);
  if (!newest) return null;
  if (newest.name !== undefined) return newest.name;
  // A folder that can't be read has problems of its own; a backup is taken all the same.
  const folder = await readMigrationFolder(target).catch(() => undefined);
  if (!folder) return null;
  const pairs = pairRows(folder.layout, folder.files, rows);
  return [...pairs].find(([, row]) => row.id === newest.id)?.[0].tag ?? null;
}

function newestOf(rows: readonly TrackingRow[]): TrackingRow | undefined {
  return rows.reduce<TrackingRow | undefined>(
    (best, row) => (best && Number(best.createdAt) > Number(row.createdAt) ? best : row),
    undefined,
  );
}
