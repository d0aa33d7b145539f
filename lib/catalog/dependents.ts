import { relationOfObject, typeOfObject } from './units';

export interface DependentRow {
  relation: number | null;
  type: number | null;
}

/**
 * Units whose text can name something of the relations in `$1`, and so can change when those do: views
 * over them, foreign keys to them, policies that ask them. PostgreSQL keeps a dependency for each thing
 * that stored text refers to. A row without either unit stands for something that is read only as a
 * whole, or for inheritance, where one relation prints the names of another's parts.
 */
export const DEPENDENTS_SQL = `
  WITH named AS (
    SELECT 'pg_catalog.pg_class'::regclass::oid AS catalog, unnest($1::oid[]) AS oid
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, x.indexrelid FROM pg_catalog.pg_index x
    WHERE x.indrelid = ANY ($1::oid[])
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass, t.oid
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_type r ON r.oid = c.reltype
      CROSS JOIN LATERAL unnest(ARRAY[r.oid, r.typarray]) AS t(oid)
    WHERE c.oid = ANY ($1::oid[]) AND t.oid <> 0
  ), dependent AS (
    SELECT DISTINCT d.classid, d.objid FROM named
      JOIN pg_catalog.pg_depend d ON d.refclassid = named.catalog AND d.refobjid = named.oid
    -- A row type and its array come with their table.
    WHERE NOT (d.classid = 'pg_catalog.pg_type'::regclass AND d.deptype = 'i')
  )
  SELECT DISTINCT ${relationOfObject('classid', 'objid')} AS relation,
    ${typeOfObject('classid', 'objid')} AS type
  FROM dependent
  UNION ALL
  SELECT NULL, NULL WHERE EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = ANY ($1::oid[]))
    OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = ANY ($1::oid[]))`;
