import {
  type CatalogQuery,
  comment,
  notOfExtension,
  notTracking,
  qualified,
  select,
  tablespace,
  userSchema,
} from './catalog-query';

/** Indexes that stand for themselves; one behind a key belongs to the constraint. */
export const indexes: CatalogQuery = (scope) => `
${select({
  kind: "'index'",
  unit: 'i.indrelid',
  name: qualified('n', 'ic.relname'),
  parent: qualified('n', 'c.relname'),
  tablespace: tablespace('ic.reltablespace'),
  attributes: {
    definition: 'pg_get_indexdef(i.indexrelid)',
    invalid: 'CASE WHEN NOT i.indisvalid THEN true END',
    not_ready: 'CASE WHEN NOT i.indisready THEN true END',
    clustered: 'NULLIF(i.indisclustered, false)',
    replica_identity: 'NULLIF(i.indisreplident, false)',
    partition_of: `CASE WHEN ic.relispartition THEN
      (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) END`,
    // Only an expression has statistics of its own.
    statistics_targets: `CASE WHEN i.indexprs IS NOT NULL THEN
      (SELECT string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) END`,
    comment: comment('pg_class', 'i.indexrelid'),
  },
})}
FROM pg_index i
  JOIN pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${userSchema('n')} AND ${notTracking(scope, 'n', 'c')} AND ${notOfExtension('pg_class', 'c.oid')}
  AND NOT EXISTS (SELECT FROM pg_constraint k
    WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') AND k.conrelid = i.indrelid)`;
