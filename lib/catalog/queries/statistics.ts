import {
  type CatalogQuery,
  comment,
  notOfExtension,
  notTracking,
  owner,
  qualified,
  select,
  since,
  userSchema,
} from './catalog-query';

/** CREATE STATISTICS. */
export const statistics: CatalogQuery = (scope) => `
${select({
  kind: "'statistics'",
  name: qualified('n', 's.stxname'),
  parent: qualified('cn', 'c.relname'),
  owner: owner('s.stxowner'),
  attributes: {
    definition: 'pg_get_statisticsobjdef(s.oid)',
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
