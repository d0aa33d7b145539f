import pg from 'pg';
import { inTransaction, queryAndTakeBack } from './open-transaction';

/** Rows read per table. More is only there when migrations insert that many themselves. */
export const CAPTURE_LIMIT = 1_000;

export interface CapturedColumn {
  name: string;
  /** Stays the same when the column is renamed; a dropped and added one gets another. */
  number: number;
  /** As PostgreSQL prints it: `character varying(20)`. */
  type: string;
  /** Computed from other columns: holds nothing of its own. */
  generated: boolean;
}

export interface CapturedTable {
  /** Qualified and quoted as PostgreSQL prints it: `public.users`. */
  name: string;
  /** Stays the same when the table is renamed, also in a copy of the database. */
  oid: number;
  columns: CapturedColumn[];
  /** Names of the columns of the primary key; none without one. */
  key: string[];
  /** Text of each value, in the order of `columns`; at most CAPTURE_LIMIT rows. */
  rows: (string | null)[][];
  /** All rows of the table, also those beyond the limit. */
  total: number;
}

/** Plain data. */
export interface CapturedRows {
  tables: CapturedTable[];
}

/** With these, one value has one text, whatever the session or the scripts have set. */
const FIXED = {
  search_path: 'pg_catalog',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
  xmlbinary: 'base64',
  jit: 'off',
};

const LAYOUT = `
SELECT c.oid::int8::text AS oid, format('%I.%I', n.nspname, c.relname) AS name,
  c.relkind = 'p' AS partitioned,
  (SELECT json_agg(json_build_object('name', a.attname, 'number', a.attnum,
      'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated <> '')
      ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT json_agg(a.attname ORDER BY array_position(k.conkey, a.attnum))
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
    WHERE k.conrelid = c.oid AND k.contype = 'p') AS key
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND (format('%I.%I', n.nspname, c.relname) = ANY (%TABLES%) OR n.nspname || '.' || c.relname = ANY (%TABLES%))
ORDER BY 2`;

interface Layout {
  oid: string;
  name: string;
  partitioned: boolean;
  columns: CapturedColumn[] | null;
  key: string[] | null;
}

/**
 * Reads the rows of the given tables as text, under settings that make one value one text, in two
 * round trips; the session's settings stay what they are. Tables that do not exist are left out.
 * Of a table with more than CAPTURE_LIMIT rows those with the lowest keys are read, and the number
 * of all.
 * @param tables qualified, quoted as PostgreSQL prints them or not
 * @throws pg.DatabaseError when the server refuses to read a table; the transaction stays usable
 */
export async function captureRows(
  client: pg.ClientBase,
  tables: readonly string[],
): Promise<CapturedRows> {
  if (tables.length === 0) return { tables: [] };
  return inTransaction(client, async () => {
    const list = `ARRAY[${tables.map((name) => pg.escapeLiteral(name)).join(', ')}]::text[]`;
    const layouts = await behindSettings<Layout>(client, [LAYOUT.replaceAll('%TABLES%', list)]);
    const found = layouts[0] ?? [];
    const contents = await behindSettings<{ v: (string | null)[]; n: string }>(
      client,
      found.map(contentQuery),
    );
    return { tables: found.map((layout, at) => toTable(layout, contents[at] ?? [])) };
  });
}

/** A savepoint that is rolled back takes the settings back as well. */
async function behindSettings<Row>(client: pg.ClientBase, queries: string[]): Promise<Row[][]> {
  if (queries.length === 0) return [];
  const settings = Object.entries(FIXED).map(
    ([name, value]) => `pg_catalog.set_config('${name}', ${pg.escapeLiteral(value)}, true)`,
  );
  const results = await queryAndTakeBack(
    client,
    [`SELECT ${settings.join(', ')}`, ...queries].join(';\n'),
  );
  return results.slice(1).map((result) => result.rows);
}

function contentQuery({ name, partitioned, columns, key }: Layout): string {
  const texts = (columns ?? []).map((column) => `${pg.escapeIdentifier(column.name)}::text`);
  const values = `ARRAY[${texts.join(', ')}]::text[]`;
  // By key, so that each capture reads the same rows of a large table.
  const order = key?.length ? key.map((column) => pg.escapeIdentifier(column)).join(', ') : values;
  // The children of a table that is inherited from are tables of their own.
  const from = partitioned ? name : `ONLY ${name}`;
  return `SELECT ${values} AS v, count(*) OVER ()::text AS n FROM ${from} ORDER BY ${order} LIMIT ${CAPTURE_LIMIT}`;
}

function toTable(layout: Layout, content: { v: (string | null)[]; n: string }[]): CapturedTable {
  return {
    name: layout.name,
    oid: Number(layout.oid),
    columns: layout.columns ?? [],
    key: layout.key ?? [],
    rows: content.map((row) => row.v),
    total: Number(content[0]?.n ?? 0),
  };
}
