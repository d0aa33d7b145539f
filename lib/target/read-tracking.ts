import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import type { TrackingRow } from '@/lib/core/migration';
import { SQLSTATE, sqlstateOf } from './sqlstate';

export interface TrackingTable {
  schema: string;
  table: string;
}

/** The tracking table's name as SQL: always qualified, always quoted. */
export function trackingIdentifier(tracking: TrackingTable): string {
  return `${pg.escapeIdentifier(tracking.schema)}.${pg.escapeIdentifier(tracking.table)}`;
}

const SIMILAR_TABLES = `
  SELECT n.nspname AS schema, c.relname AS table
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND c.relname ILIKE '%drizzle%migrations%'
   ORDER BY 1, 2
   LIMIT 5`;

/** One row for the table; drizzle 1.0 has given it two columns more. */
const TABLE_SHAPE = `
  SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attname = 'name' AND NOT a.attisdropped) AS named,
         EXISTS (SELECT FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attname = 'applied_at' AND NOT a.attisdropped
                    AND a.atttypid = 'pg_catalog.timestamptz'::pg_catalog.regtype) AS timed
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2`;

interface TableShape {
  named: boolean;
  timed: boolean;
}

/**
 * All rows of drizzle's tracking table, ordered by id; with name and time of applying where drizzle 1.0
 * has written them. Works inside a transaction of the caller: it asks the catalog first, as a failed
 * query would end that transaction.
 * @throws BackstepError `tracking_table_absent` when the target was never migrated, or elsewhere;
 *   `refused` when the role may not read the table or it does not look like drizzle's
 */
export async function readTracking(
  client: pg.ClientBase,
  tracking: TrackingTable,
): Promise<TrackingRow[]> {
  const found = await client.query<TableShape>(TABLE_SHAPE, [tracking.schema, tracking.table]);
  const [shape] = found.rows;
  if (!shape) throw await tableAbsent(client, tracking);
  const rows = await rowsOf(client, tracking, shape);
  return rows.map((row) => {
    if (row.created_at === null || row.hash === null) {
      throw new BackstepError(
        'refused',
        `Row ${row.id} of ${tracking.schema}.${tracking.table} has no ${row.hash === null ? 'hash' : 'created_at'}. Drizzle would take it for the newest row and apply everything again. Complete or remove the row.`,
      );
    }
    return {
      id: Number(row.id),
      hash: row.hash,
      createdAt: row.created_at,
      ...(row.name !== null && { name: row.name }),
      ...(row.applied_at !== null && { appliedAt: row.applied_at }),
    };
  });
}

interface RawRow {
  id: string;
  hash: string | null;
  created_at: string | null;
  name: string | null;
  applied_at: string | null;
}

/** The same text in every session, whatever its TimeZone and DateStyle. */
const APPLIED_AT = `pg_catalog.to_char(rows.applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

async function rowsOf(
  client: pg.ClientBase,
  tracking: TrackingTable,
  { named, timed }: TableShape,
): Promise<RawRow[]> {
  try {
    const result = await client.query<RawRow>(
      `SELECT rows.id::text AS id, rows.hash, rows.created_at::text AS created_at,
              ${named ? 'rows.name::text' : 'NULL'} AS name,
              ${timed ? APPLIED_AT : 'NULL'} AS applied_at
         FROM ${trackingIdentifier(tracking)} AS rows ORDER BY rows.id`,
    );
    return result.rows;
  } catch (error) {
    const name = `${tracking.schema}.${tracking.table}`;
    const sqlstate = sqlstateOf(error);
    if (sqlstate === SQLSTATE.insufficientPrivilege) {
      throw new BackstepError(
        'refused',
        `This role may not read ${name}. Grant it USAGE on the schema and SELECT on the table.`,
        { cause: error },
      );
    }
    if (sqlstate === SQLSTATE.undefinedColumn) {
      throw new BackstepError(
        'refused',
        `${name} does not have drizzle's columns id, hash and created_at. Check \`tracking\` of the target.`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function tableAbsent(client: pg.ClientBase, tracking: TrackingTable): Promise<BackstepError> {
  const similar = await client.query<{ schema: string; table: string }>(SIMILAR_TABLES);
  const names = similar.rows.map((row) => `${row.schema}.${row.table}`);
  const remedy =
    names.length > 0
      ? `It does have ${names.join(', ')}: if that is the one, write it into \`tracking\` of the target.`
      : 'Either drizzle never migrated this database, or the application uses another table: then write it into `tracking` of the target.';
  return new BackstepError(
    'tracking_table_absent',
    `The database has no table ${tracking.schema}.${tracking.table}, so it is not known which migrations are applied. ${remedy}`,
    { details: { lookedFor: `${tracking.schema}.${tracking.table}`, similar: names } },
  );
}
