import pg from 'pg';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';
import { SET_ASIDE_SCHEMA } from '@/lib/core/restore';

/** What a query needs to know before it can be written down. */
export interface QueryScope {
  /** `server_version_num`: columns of the catalogs come and go between majors. */
  version: number;
  tracking: { schema: string; table: string };
  /** Whether this role may look at `pg_authid`: only then can be told whether a role has a password. */
  readsPasswords: boolean;
}

/**
 * Writes one SELECT that gives objects of the application's schema. Every row has the same columns:
 * `unit`, `kind`, `name`, `parent`, `position`, `owner`, `acl` (text[]), `tablespace`, `attributes`
 * (json without nulls).
 *
 * The session's search_path is `pg_catalog` alone, so PostgreSQL's own functions print other names
 * with their schema.
 */
export type CatalogQuery = (scope: QueryScope) => string;

/** Neither PostgreSQL's schemas nor those of temporary tables nor Backstep's, nor what a restore has set aside. */
export function userSchema(namespace: string): string {
  const name = `${namespace}.nspname`;
  return `${name} !~ '^pg_' AND ${name} NOT IN ('information_schema', ${pg.escapeLiteral(RESCUE_SCHEMA)})
    AND ${name} !~ ${pg.escapeLiteral(SET_ASIDE_SCHEMA)}`;
}

/** What CREATE EXTENSION made comes and goes with the extension, which is an object of its own. */
export function notOfExtension(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend membership
    WHERE membership.classid = '${catalog}'::regclass AND membership.objid = ${oid}
      AND membership.deptype = 'e')`;
}

/** The relation is not the tracking table. Rows of the table's own parts are left out by their table. */
export function notTracking({ tracking }: QueryScope, namespace: string, relation: string): string {
  const schema = pg.escapeLiteral(tracking.schema);
  const table = pg.escapeLiteral(tracking.table);
  return `NOT (${namespace}.nspname = ${schema} AND ${relation}.relname = ${table})`;
}

/** The name by which everything of the fence starts, in the tracking table's schema. */
export const FENCE_PREFIX = 'backstep_fence';

/** What is not the fence's own: it stands on a target after a rollback, and is no part of its schema. */
export function notFence({ tracking }: QueryScope, namespace: string, name: string): string {
  const schema = pg.escapeLiteral(tracking.schema);
  return `NOT (${namespace}.nspname = ${schema} AND starts_with(${name}, ${pg.escapeLiteral(FENCE_PREFIX)}))`;
}

/** `schema.name`, quoted where PostgreSQL would quote. */
export function qualified(namespace: string, name: string): string {
  return `quote_ident(${namespace}.nspname) || '.' || quote_ident(${name})`;
}

export function owner(role: string): string {
  return `pg_get_userbyid(${role})`;
}

/**
 * Access rights as text, in an order of their own. null means PostgreSQL's defaults, an empty list that
 * nobody has any rights, the owner included.
 */
export function acl(column: string): string {
  return `CASE WHEN ${column} IS NOT NULL THEN coalesce((SELECT
    array_agg(item::text ORDER BY item::text COLLATE "C") FROM unnest(${column}) item), '{}') END`;
}

/** Where a relation is stored; null for the database's own tablespace. */
export function tablespace(column: string): string {
  return `CASE WHEN ${column} <> 0 THEN
    (SELECT quote_ident(space.spcname)::text FROM pg_tablespace space WHERE space.oid = ${column}) END`;
}

/** Storage parameters and the like, `a=1, b=2`. */
export function options(column: string): string {
  return `CASE WHEN ${column} IS NOT NULL THEN
    (SELECT string_agg(item, ', ' ORDER BY item COLLATE "C") FROM unnest(${column}) item) END`;
}

/** The comment on an object, or on one of a relation's columns. */
export function comment(catalog: string, oid: string, column = '0'): string {
  return `(SELECT remark.description FROM pg_description remark WHERE remark.objoid = ${oid}
    AND remark.classoid = '${catalog}'::regclass AND remark.objsubid = ${column})`;
}

/** A function in a column that refers to none with 0. */
export function routine(column: string): string {
  return `CASE WHEN ${column} <> 0 THEN ${column}::regprocedure::text END`;
}

/** When a trigger or rule fires, where that is not the ordinary way. */
export function switched(column: string): string {
  return `CASE ${column} WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'on replicas' WHEN 'A' THEN 'always' END`;
}

/** A collation's name. */
export function collationName(oid: string): string {
  return `(SELECT ${qualified('rules_in', 'rules.collname')} FROM pg_collation rules
    JOIN pg_namespace rules_in ON rules_in.oid = rules.collnamespace WHERE rules.oid = ${oid})`;
}

/** For a catalog's column that some majors don't have. */
export function since(scope: QueryScope, major: number, expression: string): string {
  return scope.version >= major * 10_000 ? expression : 'NULL';
}

/** The object's columns, in the order that `readObjects` expects. */
export function select(parts: {
  kind: string;
  name: string;
  /** The oid of the relation or type under which the object is read anew; see `PlannedQuery.partOf`. */
  unit?: string;
  parent?: string;
  position?: string;
  owner?: string;
  acl?: string;
  tablespace?: string;
  attributes: Record<string, string>;
}): string {
  const pairs = Object.entries(parts.attributes).map(([key, sql]) => `'${key}', ${sql}`);
  return `SELECT ${parts.unit ?? 'NULL::oid'} AS unit, ${parts.kind} AS kind, ${parts.name} AS name, ${parts.parent ?? 'NULL'} AS parent,
    ${parts.position ?? 'NULL::int'} AS position, ${parts.owner ?? 'NULL'} AS owner,
    ${parts.acl ?? 'NULL::text[]'} AS acl, ${parts.tablespace ?? 'NULL'} AS tablespace,
    json_strip_nulls(json_build_object(${pairs.join(', ')})) AS attributes`;
}
