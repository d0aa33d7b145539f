import {
  type CatalogQuery,
  comment,
  notOfExtension,
  notTracking,
  qualified,
  select,
  userSchema,
} from './catalog-query';

/** Row level security. PostgreSQL has no function that prints a policy. */
export const policies: CatalogQuery = (scope) => `
${select({
  kind: "'policy'",
  unit: 'p.polrelid',
  name: `${qualified('n', 'c.relname')} || '.' || quote_ident(p.polname)`,
  parent: qualified('n', 'c.relname'),
  attributes: {
    command: `CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
      WHEN 'd' THEN 'DELETE' ELSE 'ALL' END`,
    restrictive: 'CASE WHEN NOT p.polpermissive THEN true END',
    roles: `(SELECT string_agg(CASE WHEN role = 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(role)) END,
      ', ' ORDER BY pg_get_userbyid(role) COLLATE "C") FROM unnest(p.polroles) role)`,
    using: 'pg_get_expr(p.polqual, p.polrelid)',
    with_check: 'pg_get_expr(p.polwithcheck, p.polrelid)',
    comment: comment('pg_policy', 'p.oid'),
  },
})}
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${userSchema('n')} AND ${notTracking(scope, 'n', 'c')} AND ${notOfExtension('pg_class', 'c.oid')}`;
