import type pg from 'pg';

/** A column as copying and merging need to know it. */
export interface Column {
  number: number;
  name: string;
  /** The name as SQL writes it. */
  quoted: string;
  /** `character varying(40)`, as the catalog prints it. */
  type: string;
  /**
   * Copied as text, as its type is the application's: a copy that depends on it would keep the script from
   * dropping it, or be taken along by CASCADE.
   */
  asText: boolean;
  /** What a text is cast to on the way back: `public.mood[]`. */
  castTo: string;
  /** The type itself; of an array, that of its elements. */
  ownType: { schema: string; name: string };
  /** A collation of the application's would be depended on in the same way. */
  ownCollation: boolean;
  generated: boolean;
  /** GENERATED ALWAYS AS IDENTITY: an UPDATE may not set it. */
  alwaysIdentity: boolean;
}

/** A sequence that belongs to a column and goes with it. */
export interface OwnedSequence {
  column: number;
  /** Digits, as it may be beyond what a number holds. */
  lastValue: string;
  ascending: boolean;
}

export interface Table {
  oid: number;
  schema: string;
  name: string;
  /** `public."My Rooms"`, as SQL writes it. */
  qualified: string;
  kind: string;
  temporary: boolean;
  /** A partition's rows are read with the table above it. */
  partitionOf: number | null;
  /** Row security would keep rows from the role without a word. */
  hidesRows: boolean;
  columns: Column[];
  /** Numbers of the columns of each unique key without nulls, the primary key first. */
  keys: number[][];
  sequences: OwnedSequence[];
  /** Heap and TOAST with all partitions; indexes are not copied. */
  bytes: number;
}

/** Below this, everything is PostgreSQL's own and can't be dropped. */
const FIRST_USER_OID = 16384;

const TABLES = `
SELECT c.oid::int8::float8 AS oid, n.nspname AS schema, c.relname AS name,
  pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS qualified,
  c.relkind::text AS kind, c.relpersistence = 't' AS temporary,
  CASE WHEN c.relispartition THEN (
    SELECT i.inhparent::int8::float8 FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid
  ) END AS "partitionOf",
  c.relkind IN ('r', 'p') AND pg_catalog.row_security_active(c.oid) AS "hidesRows",
  (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'number', a.attnum, 'name', a.attname, 'quoted', pg_catalog.quote_ident(a.attname),
      'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
      'asText', u.oid >= ${FIRST_USER_OID} OR u.typname LIKE 'reg%',
      'castTo', pg_catalog.quote_ident(un.nspname) || '.' || pg_catalog.quote_ident(u.typname)
        || CASE WHEN u.oid = t.oid THEN '' ELSE '[]' END,
      'ownType', pg_catalog.json_build_object('schema', un.nspname, 'name', u.typname),
      'ownCollation', a.attcollation >= ${FIRST_USER_OID},
      'generated', a.attgenerated <> '',
      'alwaysIdentity', a.attidentity = 'a') ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_type u
      ON u.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
    JOIN pg_catalog.pg_namespace un ON un.oid = u.typnamespace
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT coalesce(pg_catalog.json_agg(i.indkey::int2[] ORDER BY i.indisprimary DESC, i.indexrelid), '[]')
    FROM pg_catalog.pg_index i
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
      AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
      AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[]) AND NOT a.attnotnull
      )) AS keys,
  (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'column', d.refobjsubid, 'ascending', s.seqincrement > 0,
      'lastValue', pg_catalog.pg_sequence_last_value(s.seqrelid)::text)), '[]')
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = d.classid
      AND d.refobjid = c.oid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
      AND pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE, SELECT')
      AND pg_catalog.pg_sequence_last_value(s.seqrelid) IS NOT NULL) AS sequences,
  CASE WHEN c.relkind = 'p' THEN (
    SELECT coalesce(sum(pg_catalog.pg_table_size(p.relid)), 0)
    FROM pg_catalog.pg_partition_tree(c.oid) p WHERE p.isleaf
  ) ELSE pg_catalog.pg_table_size(c.oid) END::float8 AS bytes
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::pg_catalog.oid[])`;

/** Tables, views and whatever else has columns, as they are now, in the order of the oids. */
export async function readTables(client: pg.ClientBase, oids: readonly number[]): Promise<Table[]> {
  if (oids.length === 0) return [];
  const { rows } = await client.query<Table>(TABLES, [oids]);
  return oids.flatMap((oid) => rows.find((row) => row.oid === oid) ?? []);
}

/** What the session takes a name for; undefined when there is nothing of that name. */
export async function findTable(
  client: pg.ClientBase,
  range: { schemaname?: string; relname?: string },
): Promise<Table | undefined> {
  const name = [range.schemaname, range.relname ?? '']
    .flatMap((part) => (part === undefined ? [] : [`"${part.replaceAll('"', '""')}"`]))
    .join('.');
  const { rows } = await client.query<{ oid: number | null }>(
    'SELECT pg_catalog.to_regclass($1)::pg_catalog.oid::int8::float8 AS oid',
    [name],
  );
  const oid = rows[0]?.oid;
  return oid == null ? undefined : (await readTables(client, [oid]))[0];
}

/**
 * The table and those that inherit from it, each to be read by itself. A partitioned table stands for its
 * partitions.
 */
export async function readFamily(
  client: pg.ClientBase,
  table: Table,
  only: boolean,
): Promise<Table[]> {
  if (only || table.kind !== 'r') return [table];
  const { rows } = await client.query<{ oid: number }>(
    `WITH RECURSIVE heir AS (
       SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = $1
       UNION
       SELECT i.inhrelid FROM heir JOIN pg_catalog.pg_inherits i ON i.inhparent = heir.oid
     ) SELECT oid::int8::float8 AS oid FROM heir ORDER BY 1`,
    [table.oid],
  );
  return [
    table,
    ...(await readTables(
      client,
      rows.map(({ oid }) => oid),
    )),
  ];
}

/** How a SELECT or UPDATE names exactly the rows that `Table` stands for. */
export function rowsOf(table: Table): string {
  return table.kind === 'p' ? table.qualified : `ONLY ${table.qualified}`;
}

/** The first key that has none of these columns; undefined where rows can only be told by all they hold. */
export function keyWithout(table: Table, columns: readonly Column[]): Column[] | undefined {
  const taken = new Set(columns.map(({ number }) => number));
  const key = table.keys.find((numbers) => !numbers.some((number) => taken.has(number)));
  return key?.flatMap((number) => table.columns.find((column) => column.number === number) ?? []);
}
