import pg from 'pg';
import type { LiveSession } from './live-session';

/** A column as the live catalog has it. */
export interface LiveColumn {
  name: string;
  /** Its place in the catalog: `attnum`. */
  number: number;
  /** `character varying(40)` */
  type: string;
  /** Values of this type can be compared as they are, cheaply; others are compared as text. */
  comparable: boolean;
  generated: boolean;
  /** The default's expression as PostgreSQL prints it; undefined while unread or where there is none. */
  default: string | undefined;
}

/** A session that keeps readers away from a table. */
export interface Holder {
  pid: number;
  application: string;
  user: string;
  ageSeconds: number | null;
}

/** A relation of the live database, with all that can be known of it without touching its rows. */
export interface LiveRelation {
  oid: number;
  schema: string;
  name: string;
  /** As PostgreSQL prints it: `public."Rooms"`. */
  qualified: string;
  /** `pg_class.relkind`. */
  kind: string;
  isPartition: boolean;
  /** What it is a partition of, or inherits from. */
  parents: number[];
  /** Rows by the last ANALYZE, of all parts together; null when that never ran. */
  analyzedRows: number | null;
  /** A materialized view that was never filled can't be read. */
  populated: boolean;
  mayRead: boolean;
  /** Row-level security would show the reading role a part of the rows only. */
  hidesRows: boolean;
  heldBy: Holder | undefined;
  /** Everything on disk, indexes and TOAST included. */
  bytes: number;
  /** Of the rows alone: what a count has to read. */
  heapBytes: number;
  /** Columns of the primary key, in its order. */
  primaryKey: string[];
  columns: Map<string, LiveColumn>;
}

/** Relations whose rows are stored here. */
export const WITH_ROWS: ReadonlySet<string> = new Set(['r', 'p', 'm']);

export type Wanted = { names: readonly string[] } | { oids: readonly number[] };

interface RelationRow {
  oid: number;
  schema: string;
  name: string;
  qualified: string;
  kind: string;
  is_partition: boolean;
  parents: number[];
  rows: number | null;
  pages: number;
  block: number;
  populated: boolean;
  may_read: boolean;
  hides_rows: boolean;
  holder: { pid: number; application: string; user: string; age: number | null } | null;
  primary_key: string[];
  columns: [string, number, string, boolean, boolean][];
}

/**
 * Finds relations by their bare names, in whatever schema, or by oid. Nothing here waits for a lock: what
 * PostgreSQL tells only with a lock, sizes and defaults, is asked after it is known who holds what.
 *
 * @returns undefined when the catalog could not be read in time
 * @throws Error when the connection is gone
 */
export async function readRelations(
  session: LiveSession,
  wanted: Wanted,
): Promise<LiveRelation[] | undefined> {
  const found = await session.ask<RelationRow>(relationsSql(wanted));
  if (!found.ok) return undefined;
  const relations = found.rows.map(toRelation);
  // Somebody may take a lock between the two questions; the second time it is seen.
  if ((await readLocked(session, relations)) === 'locked') {
    await seeHolders(session, relations);
    await readLocked(session, relations);
  }
  return relations;
}

const toRelation = (row: RelationRow): LiveRelation => ({
  oid: row.oid,
  schema: row.schema,
  name: row.name,
  qualified: row.qualified,
  kind: row.kind,
  isPartition: row.is_partition,
  parents: row.parents,
  analyzedRows: row.rows,
  populated: row.populated,
  mayRead: row.may_read,
  hidesRows: row.hides_rows,
  heldBy: row.holder ? toHolder(row.holder) : undefined,
  bytes: row.pages * row.block,
  heapBytes: row.pages * row.block,
  primaryKey: row.primary_key,
  columns: new Map(
    row.columns.map(([name, number, type, comparable, generated]) => [
      name,
      { name, number, type, comparable, generated, default: undefined },
    ]),
  ),
});

const toHolder = ({ pid, application, user, age }: NonNullable<RelationRow['holder']>): Holder => ({
  pid,
  application,
  user,
  ageSeconds: age,
});

/** Who holds a relation, or waits to, in the one mode that keeps readers out: a reader queues behind both. */
const HELD = `
  SELECT DISTINCT ON (l.relation) l.relation,
    json_build_object('pid', l.pid, 'application', coalesce(a.application_name, ''),
      'user', coalesce(a.usename::text, ''),
      'age', extract(epoch FROM clock_timestamp() - a.xact_start)::int) AS holder
  FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
  ORDER BY l.relation, l.granted DESC`;

/** A partitioned table's rows, size and locks are those of its parts; so are an inherited one's. */
const TREE = `
  SELECT c.oid AS root, c.oid AS part FROM chosen c
  UNION
  SELECT t.root, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.part`;

/** Types whose equality is exact and cheap; of the others, some have none and some compare an area. */
const COMPARABLE = `(y.typcategory IN ('N', 'B', 'D', 'T', 'S', 'E', 'I', 'V')
    OR y.typname IN ('uuid', 'bytea', 'jsonb')) AND y.typtype IN ('b', 'e')`;

function relationsSql(wanted: Wanted): string {
  return `
WITH RECURSIVE held AS (${HELD}),
chosen AS (
  SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${chosen(wanted)} AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S')
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
),
tree AS (${TREE}),
parts AS (
  SELECT t.root, bool_or(p.reltuples < 0 AND p.relkind <> 'p') AS unknown,
    sum(greatest(p.reltuples, 0)) FILTER (WHERE p.relkind <> 'p') AS rows,
    sum(p.relpages) AS pages,
    (SELECT h.holder FROM held h JOIN tree o ON o.part = h.relation WHERE o.root = t.root LIMIT 1)
      AS holder
  FROM tree t JOIN pg_class p ON p.oid = t.part GROUP BY t.root
)
SELECT c.oid::int8::float8 AS oid, n.nspname AS schema, c.relname AS name,
  quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS qualified,
  c.relkind::text AS kind, c.relispartition AS is_partition,
  ARRAY(SELECT i.inhparent::int8::float8 FROM pg_inherits i WHERE i.inhrelid = c.oid) AS parents,
  CASE WHEN p.unknown THEN NULL ELSE p.rows::float8 END AS rows,
  p.pages::float8 AS pages, current_setting('block_size')::int AS block,
  c.relispopulated AS populated,
  has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS may_read,
  c.relkind IN ('r', 'p') AND row_security_active(c.oid) AS hides_rows,
  p.holder,
  ARRAY(SELECT a.attname::text FROM pg_index x, unnest(x.indkey) WITH ORDINALITY k (number, place)
    JOIN pg_attribute a ON a.attnum = k.number
    WHERE x.indrelid = c.oid AND x.indisprimary AND a.attrelid = c.oid ORDER BY k.place) AS primary_key,
  coalesce((SELECT json_agg(json_build_array(a.attname, a.attnum, format_type(a.atttypid, a.atttypmod),
      ${COMPARABLE}, a.attgenerated <> '') ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'S'), '[]')
    AS columns
FROM chosen c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN parts p ON p.root = c.oid
ORDER BY c.oid`;
}

function chosen(wanted: Wanted): string {
  if ('oids' in wanted) return `c.oid = ANY (ARRAY[${wanted.oids.join(', ')}]::oid[])`;
  return `c.relname = ANY (ARRAY[${wanted.names.map(pg.escapeLiteral).join(', ')}]::name[])`;
}

interface LockedRow {
  oid: number;
  bytes: number | null;
  heap: number | null;
  defaults: [number, string][];
}

async function readLocked(
  session: LiveSession,
  relations: LiveRelation[],
): Promise<'locked' | 'done'> {
  const free = relations.filter(
    ({ heldBy, kind }) => !heldBy && (WITH_ROWS.has(kind) || kind === 'S'),
  );
  if (free.length === 0) return 'done';
  const oids = free.map(({ oid }) => oid).join(', ');
  const found = await session.ask<LockedRow>(`
WITH RECURSIVE chosen AS (SELECT unnest(ARRAY[${oids}]::oid[]) AS oid),
tree AS (${TREE})
SELECT t.root::int8::float8 AS oid, sum(pg_total_relation_size(t.part))::float8 AS bytes,
  sum(pg_relation_size(t.part))::float8 AS heap,
  coalesce((SELECT json_agg(json_build_array(d.adnum, pg_get_expr(d.adbin, d.adrelid)))
    FROM pg_attrdef d WHERE d.adrelid = t.root), '[]') AS defaults
FROM tree t GROUP BY t.root`);
  if (!found.ok) return found.why === 'locked' ? 'locked' : 'done';
  const rows = new Map(found.rows.map((row) => [row.oid, row]));
  for (const relation of free) {
    const row = rows.get(relation.oid);
    if (!row) continue;
    relation.bytes = row.bytes ?? relation.bytes;
    relation.heapBytes = row.heap ?? relation.heapBytes;
    const defaults = new Map(row.defaults);
    for (const column of relation.columns.values()) {
      if (!column.generated) column.default = defaults.get(column.number);
    }
  }
  return 'done';
}

/** Looks anew who holds the relations: after a lock could not be had. */
export async function seeHolders(session: LiveSession, relations: LiveRelation[]): Promise<void> {
  if (relations.length === 0) return;
  const oids = relations.map(({ oid }) => oid).join(', ');
  const found = await session.ask<{ oid: number; holder: NonNullable<RelationRow['holder']> }>(`
WITH RECURSIVE held AS (${HELD}),
chosen AS (SELECT unnest(ARRAY[${oids}]::oid[]) AS oid),
tree AS (${TREE})
SELECT DISTINCT ON (t.root) t.root::int8::float8 AS oid, h.holder
FROM tree t JOIN held h ON h.relation = t.part`);
  if (!found.ok) return;
  const holders = new Map(found.rows.map(({ oid, holder }) => [oid, toHolder(holder)]));
  for (const relation of relations) relation.heldBy = holders.get(relation.oid);
}

/** `session 4711 (psql, user app) holds it` */
export function holderWords({ pid, application, user, ageSeconds }: Holder): string {
  const who = [application, user && `user ${user}`].filter(Boolean).join(', ');
  const since = ageSeconds === null ? '' : `, for ${ageSeconds} s`;
  return `session ${pid}${who ? ` (${who})` : ''} holds it exclusively${since}`;
}
