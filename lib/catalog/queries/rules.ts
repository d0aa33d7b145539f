import {
  type CatalogQuery,
  comment,
  notOfExtension,
  notTracking,
  qualified,
  select,
  switched,
  userSchema,
} from './catalog-query';

/** Rules, except for the one that makes a view a view. */
export const rules: CatalogQuery = (scope) => `
${select({
  kind: "'rule'",
  unit: 'r.ev_class',
  name: `${qualified('n', 'c.relname')} || '.' || quote_ident(r.rulename)`,
  parent: qualified('n', 'c.relname'),
  attributes: {
    definition: 'pg_get_ruledef(r.oid)',
    firing: switched('r.ev_enabled'),
    comment: comment('pg_rewrite', 'r.oid'),
  },
})}
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND ${userSchema('n')} AND ${notTracking(scope, 'n', 'c')}
  AND ${notOfExtension('pg_class', 'c.oid')}`;
