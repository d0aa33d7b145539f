/**
 * A unit is what a schema is read anew by: a relation with all its parts (columns, constraints, indexes,
 * triggers …), or a type with its constraints. These expressions give the unit behind a catalog's row.
 */

/** The relation that another relation is a part of, or itself; null for a composite type's. */
export function relationOf(oid: string): string {
  return `(SELECT CASE
      WHEN m.relkind IN ('i', 'I') THEN
        (SELECT x.indrelid FROM pg_catalog.pg_index x WHERE x.indexrelid = m.oid)
      WHEN m.relkind = 't' THEN (SELECT p.refobjid FROM pg_catalog.pg_depend p
        WHERE p.classid = 'pg_catalog.pg_class'::regclass AND p.objid = m.oid AND p.deptype = 'i' LIMIT 1)
      ELSE m.oid END
    FROM pg_catalog.pg_class m WHERE m.oid = ${oid} AND m.relkind <> 'c')`;
}

/** The composite type behind a relation; null for any other relation. */
export function typeOf(oid: string): string {
  return `(SELECT m.reltype FROM pg_catalog.pg_class m WHERE m.oid = ${oid} AND m.relkind = 'c')`;
}

/** The relation that an object of any catalog belongs to; null when it belongs to none. */
export function relationOfObject(catalog: string, oid: string): string {
  const owner = (of: string, column: string) => `WHEN 'pg_catalog.${of}'::regclass THEN
    (SELECT NULLIF(o.${column}, 0) FROM pg_catalog.${of} o WHERE o.oid = ${oid})`;
  return `CASE ${catalog} WHEN 'pg_catalog.pg_class'::regclass THEN ${relationOf(oid)}
    ${owner('pg_attrdef', 'adrelid')} ${owner('pg_constraint', 'conrelid')}
    ${owner('pg_trigger', 'tgrelid')} ${owner('pg_rewrite', 'ev_class')}
    ${owner('pg_policy', 'polrelid')} ${owner('pg_statistic_ext', 'stxrelid')} END`;
}

/** The type that an object of any catalog belongs to; null when it belongs to none. */
export function typeOfObject(catalog: string, oid: string): string {
  return `CASE ${catalog} WHEN 'pg_catalog.pg_type'::regclass THEN ${oid}
    WHEN 'pg_catalog.pg_class'::regclass THEN ${typeOf(oid)}
    WHEN 'pg_catalog.pg_constraint'::regclass THEN
      (SELECT NULLIF(o.contypid, 0) FROM pg_catalog.pg_constraint o WHERE o.oid = ${oid}) END`;
}

export interface Units {
  relations: ReadonlySet<number>;
  types: ReadonlySet<number>;
}

/** `{16390,NULL,16391}` as PostgreSQL prints an array of oids; null when there was none. */
export function parseOids(printed: string | null): number[] {
  if (printed === null) return [];
  return printed
    .slice(1, -1)
    .split(',')
    .filter((item) => item !== '' && item !== 'NULL')
    .map(Number);
}

export const printOids = (oids: Iterable<number>): string => `{${[...oids].join(',')}}`;
