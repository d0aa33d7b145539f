import {
  acl,
  type CatalogQuery,
  comment,
  notFence,
  notOfExtension,
  notTracking,
  owner,
  qualified,
  select,
  userSchema,
} from './catalog-query';

/** Sequences, without their current value: that is data. One that a column owns has the table as parent. */
export const sequences: CatalogQuery = (scope) => `
${select({
  kind: "'sequence'",
  unit: 'c.oid',
  name: qualified('n', 'c.relname'),
  parent: `CASE WHEN t.oid IS NOT NULL THEN ${qualified('tn', 't.relname')} END`,
  owner: owner('c.relowner'),
  acl: acl('c.relacl'),
  attributes: {
    type: 'format_type(s.seqtypid, NULL)',
    // As text: the limits of a bigint don't fit into a number of JavaScript.
    start: 's.seqstart::text',
    increment: 's.seqincrement::text',
    minimum: 's.seqmin::text',
    maximum: 's.seqmax::text',
    cache: 's.seqcache::text',
    cycle: 'NULLIF(s.seqcycle, false)',
    unlogged: "CASE WHEN c.relpersistence = 'u' THEN true END",
    owned_by: `CASE WHEN t.oid IS NOT NULL THEN
      ${qualified('tn', 't.relname')} || '.' || quote_ident(a.attname) END`,
    identity: "CASE WHEN d.deptype = 'i' THEN true END",
    comment: comment('pg_class', 'c.oid'),
  },
})}
FROM pg_sequence s
  JOIN pg_class c ON c.oid = s.seqrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
  LEFT JOIN pg_class t ON t.oid = d.refobjid
  LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE ${userSchema('n')} AND ${notOfExtension('pg_class', 'c.oid')}
  AND ${notFence(scope, 'n', 'c.relname')}
  AND (t.oid IS NULL OR ${notTracking(scope, 'tn', 't')})`;
