import {
  type CatalogQuery,
  comment,
  notOfExtension,
  notTracking,
  owner,
  type QueryScope,
  qualified,
  select,
  since,
  userSchema,
} from './catalog-query';

/**
 * Printed with the columns by name. PostgreSQL prints them in the table's order, but to statistics it is
 * all one, as the order of columns is to us.
 */
const definition = (scope: QueryScope) => `CASE WHEN pg_get_statisticsobjdef(s.oid) IS NOT NULL THEN
    'CREATE STATISTICS ' || ${qualified('n', 's.stxname')}
    || coalesce((SELECT ' (' || string_agg(CASE kind WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies'
        ELSE 'mcv' END, ', ') || ')' FROM unnest(s.stxkind) kind
      WHERE kind <> 'e' AND NOT s.stxkind::text[] @> '{d,f,m}'), '')
    || ' ON ' || (SELECT string_agg(item, ', ' ORDER BY rank, item COLLATE "C") FROM (
      SELECT 1 AS rank, quote_ident(a.attname) AS item FROM pg_attribute a
        WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys)
      ${scope.version >= 140_000 ? `UNION ALL SELECT 2, '(' || e || ')' FROM unnest(pg_get_statisticsobjdef_expressions(s.oid)) e` : ''}
    ) items) || ' FROM ' || ${qualified('cn', 'c.relname')} END`;

/** CREATE STATISTICS. */
export const statistics: CatalogQuery = (scope) => `
${select({
  kind: "'statistics'",
  unit: 's.stxrelid',
  name: qualified('n', 's.stxname'),
  parent: qualified('cn', 'c.relname'),
  owner: owner('s.stxowner'),
  attributes: {
    definition: definition(scope),
    target: since(scope, 13, 'CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END'),
    comment: comment('pg_statistic_ext', 's.oid'),
  },
})}
FROM pg_statistic_ext s
  JOIN pg_namespace n ON n.oid = s.stxnamespace
  JOIN pg_class c ON c.oid = s.stxrelid
  JOIN pg_namespace cn ON cn.oid = c.relnamespace
WHERE ${userSchema('n')} AND ${notTracking(scope, 'cn', 'c')}
  AND ${notOfExtension('pg_statistic_ext', 's.oid')}`;
