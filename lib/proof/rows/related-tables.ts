import type pg from 'pg';

/**
 * Distances from the given tables along foreign keys. Children: all direct ones, since TRUNCATE …
 * CASCADE and a dropped key reach them, and further ones only where deleting a row deletes or changes
 * theirs. Parents: all of the given tables, so that their keys can be seen, and for the others the
 * ones without which no row goes in. A partition brings the table that it is part of, and the other
 * way round: a row of the one is a row of the other.
 */
const RELATED = `
WITH RECURSIVE user_table AS (
  SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, n.nspname || '.' || c.relname AS plain
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )
), key AS (
  SELECT k.conrelid AS child, k.confrelid AS parent,
    k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd') AS passes_on,
    NOT EXISTS (
      SELECT FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND NOT a.attnotnull
    ) AS needed
  FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
), given AS (
  SELECT oid, name FROM user_table WHERE name = ANY ($1) OR plain = ANY ($1)
), start AS (
  SELECT oid FROM given
  UNION SELECT i.inhrelid FROM given JOIN pg_catalog.pg_inherits i ON i.inhparent = given.oid
  UNION SELECT i.inhparent FROM given JOIN pg_catalog.pg_inherits i ON i.inhrelid = given.oid
), below AS (
  SELECT oid, true AS direct FROM start
  UNION
  SELECT key.child, false FROM below JOIN key ON key.parent = below.oid
  WHERE below.direct OR key.passes_on
), above AS (
  SELECT oid FROM below
  UNION SELECT key.parent FROM start JOIN key ON key.child = start.oid
  UNION SELECT key.parent FROM above JOIN key ON key.child = above.oid AND key.needed
)
SELECT DISTINCT user_table.name COLLATE "C" AS name FROM above JOIN user_table USING (oid) ORDER BY 1`;

/**
 * The given tables with those around them along foreign keys: parents, without which nothing can be
 * put in, and children, which a CASCADE could reach. Only tables that exist and are the user's own.
 * @param tables qualified, quoted as PostgreSQL prints them or not: `public.users`
 */
export async function relatedTables(
  client: pg.ClientBase,
  tables: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(RELATED, [[...tables]]);
  return rows.map((row) => row.name);
}
