import {
  acl,
  type CatalogQuery,
  comment,
  notOfExtension,
  notTracking,
  options,
  owner,
  qualified,
  select,
  since,
  tablespace,
  userSchema,
} from './catalog-query';

/** Tables, views, materialized views and foreign tables. */
export const relations: CatalogQuery = (scope) => `
${select({
  kind: `CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view'
    WHEN 'f' THEN 'foreign_table' ELSE 'table' END`,
  unit: 'c.oid',
  name: qualified('n', 'c.relname'),
  owner: owner('c.relowner'),
  acl: acl('c.relacl'),
  tablespace: tablespace('c.reltablespace'),
  attributes: {
    unlogged: "CASE WHEN c.relpersistence = 'u' THEN true END",
    partition_by: "CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END",
    partition_bound: 'CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END',
    // Order counts: the first parent's columns come first.
    inherits: `(SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
      FROM pg_inherits i WHERE i.inhrelid = c.oid)`,
    // DETACH PARTITION CONCURRENTLY that was interrupted.
    detach_pending: since(
      scope,
      14,
      `CASE WHEN c.relispartition AND EXISTS (SELECT FROM pg_inherits i
        WHERE i.inhrelid = c.oid AND i.inhdetachpending) THEN true END`,
    ),
    options: options('c.reloptions'),
    toast_options: `CASE WHEN c.reltoastrelid <> 0 THEN
      (SELECT ${options('t.reloptions')} FROM pg_class t WHERE t.oid = c.reltoastrelid) END`,
    row_security: 'NULLIF(c.relrowsecurity, false)',
    force_row_security: 'NULLIF(c.relforcerowsecurity, false)',
    // Materialized views and the rest can't have one of their own, so only tables differ.
    replica_identity: `CASE WHEN c.relkind IN ('r', 'p') THEN
      CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' WHEN 'i' THEN 'index' END END`,
    access_method: `(SELECT NULLIF(am.amname, 'heap') FROM pg_am am WHERE am.oid = c.relam)`,
    of_type: 'CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END',
    definition: "CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END",
    without_data: "CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN true END",
    server: `(SELECT s.srvname FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
      WHERE f.ftrelid = c.oid)`,
    foreign_options: `(SELECT ${options('f.ftoptions')} FROM pg_foreign_table f WHERE f.ftrelid = c.oid)`,
    comment: comment('pg_class', 'c.oid'),
  },
})}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${userSchema('n')}
  AND ${notTracking(scope, 'n', 'c')} AND ${notOfExtension('pg_class', 'c.oid')}`;
