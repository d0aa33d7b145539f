import {
  type CatalogQuery,
  comment,
  notOfExtension,
  notTracking,
  options,
  qualified,
  select,
  switched,
  tablespace,
  userSchema,
} from './catalog-query';

/** What any constraint has, whoever it belongs to. */
const shared = {
  // Says NOT VALID, NOT ENFORCED, DEFERRABLE and NO INHERIT as well.
  definition: 'pg_get_constraintdef(k.oid)',
  inherited: 'CASE WHEN k.coninhcount > 0 THEN true END',
  comment: comment('pg_constraint', 'k.oid'),
};

/**
 * Checks, keys, foreign keys and exclusions. The index behind a key is part of it. Left out are the
 * rows of constraint triggers, which are triggers, and of NOT NULL, which is the column's.
 */
export const tableConstraints: CatalogQuery = (scope) => `
${select({
  kind: "'constraint'",
  unit: 'k.conrelid',
  name: `${qualified('n', 'c.relname')} || '.' || quote_ident(k.conname)`,
  parent: qualified('n', 'c.relname'),
  tablespace: tablespace('ic.reltablespace'),
  attributes: {
    ...shared,
    index_options: options('ic.reloptions'),
    index_comment: `CASE WHEN i.indexrelid IS NOT NULL THEN ${comment('pg_class', 'i.indexrelid')} END`,
    // DISABLE TRIGGER ALL switches a foreign key off without a trace in its definition.
    not_enforced_by: `CASE WHEN k.contype = 'f' THEN (SELECT string_agg(DISTINCT
        quote_ident(g.tgfoid::regproc::text) || ' ' || ${switched('g.tgenabled')}, ', ')
      FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled <> 'O') END`,
    index_invalid: 'CASE WHEN NOT i.indisvalid THEN true END',
    clustered: 'NULLIF(i.indisclustered, false)',
    replica_identity: 'NULLIF(i.indisreplident, false)',
  },
})}
FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x')
  AND ${userSchema('n')} AND ${notTracking(scope, 'n', 'c')} AND ${notOfExtension('pg_class', 'c.oid')}`;

export const domainConstraints: CatalogQuery = () => `
${select({
  kind: "'constraint'",
  unit: 'k.contypid',
  name: `${qualified('n', 't.typname')} || '.' || quote_ident(k.conname)`,
  parent: qualified('n', 't.typname'),
  attributes: shared,
})}
FROM pg_constraint k
  JOIN pg_type t ON t.oid = k.contypid
  JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE k.contype = 'c' AND ${userSchema('n')} AND ${notOfExtension('pg_type', 't.oid')}`;
