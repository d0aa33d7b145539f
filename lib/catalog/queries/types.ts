import {
  acl,
  type CatalogQuery,
  collationName,
  comment,
  notOfExtension,
  owner,
  qualified,
  routine,
  select,
  since,
  userSchema,
} from './catalog-query';

/**
 * Enums, domains, ranges, composite and base types. Left out is what PostgreSQL makes along with
 * something else: array types, row types of tables, multiranges.
 */
export const types: CatalogQuery = (scope) => `
${select({
  kind: "'type'",
  unit: 't.oid',
  name: qualified('n', 't.typname'),
  owner: owner('t.typowner'),
  acl: acl('t.typacl'),
  attributes: {
    form: `CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range'
      WHEN 'c' THEN 'composite' WHEN 'p' THEN 'pseudo' ELSE 'base' END`,
    // Their order is how values compare.
    labels: `CASE WHEN t.typtype = 'e' THEN coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', '
      ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '') END`,
    base_type: "CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END",
    not_null: "CASE WHEN t.typtype = 'd' THEN NULLIF(t.typnotnull, false) END",
    default: "CASE WHEN t.typtype IN ('d', 'b') THEN t.typdefault END",
    collation: `CASE WHEN t.typtype = 'd' AND t.typcollation <>
      (SELECT b.typcollation FROM pg_type b WHERE b.oid = t.typbasetype)
      THEN ${collationName('t.typcollation')} END`,
    subtype: 'format_type(r.rngsubtype, NULL)',
    subtype_operator_class: `(SELECT ${qualified('qn', 'q.opcname')} FROM pg_opclass q
      JOIN pg_namespace qn ON qn.oid = q.opcnamespace WHERE q.oid = r.rngsubopc)`,
    subtype_collation: `CASE WHEN r.rngcollation <> 0 THEN ${collationName('r.rngcollation')} END`,
    canonical: routine('r.rngcanonical'),
    difference: routine('r.rngsubdiff'),
    multirange: since(scope, 14, 'format_type(r.rngmultitypid, NULL)'),
    attributes: `CASE WHEN t.typtype = 'c' THEN coalesce((SELECT string_agg(
        quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attcollation <> b.typcollation
          THEN ' COLLATE ' || ${collationName('a.attcollation')} ELSE '' END,
        ', ' ORDER BY a.attnum)
      FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid
      WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') END`,
    attribute_comments: `CASE WHEN t.typtype = 'c' THEN (SELECT
        string_agg(quote_ident(a.attname) || ': ' || quote_literal(r.description), ', ' ORDER BY a.attname)
      FROM pg_attribute a JOIN pg_description r ON r.objoid = a.attrelid
        AND r.classoid = 'pg_class'::regclass AND r.objsubid = a.attnum
      WHERE a.attrelid = t.typrelid AND NOT a.attisdropped) END`,
    input: "CASE WHEN t.typtype = 'b' THEN t.typinput::regprocedure::text END",
    output: "CASE WHEN t.typtype = 'b' THEN t.typoutput::regprocedure::text END",
    receive: `CASE WHEN t.typtype = 'b' THEN ${routine('t.typreceive::oid')} END`,
    send: `CASE WHEN t.typtype = 'b' THEN ${routine('t.typsend::oid')} END`,
    modifier_input: `CASE WHEN t.typtype = 'b' THEN ${routine('t.typmodin::oid')} END`,
    modifier_output: `CASE WHEN t.typtype = 'b' THEN ${routine('t.typmodout::oid')} END`,
    analyze: `CASE WHEN t.typtype = 'b' THEN ${routine('t.typanalyze::oid')} END`,
    element: "CASE WHEN t.typtype = 'b' AND t.typelem <> 0 THEN format_type(t.typelem, NULL) END",
    delimiter: "CASE WHEN t.typtype = 'b' THEN NULLIF(t.typdelim, ',')::text END",
    preferred: "CASE WHEN t.typtype = 'b' THEN NULLIF(t.typispreferred, false) END",
    collatable: "CASE WHEN t.typtype = 'b' AND t.typcollation <> 0 THEN true END",
    length: "CASE WHEN t.typtype = 'b' THEN t.typlen END",
    by_value: "CASE WHEN t.typtype = 'b' THEN NULLIF(t.typbyval, false) END",
    alignment: "CASE WHEN t.typtype = 'b' THEN t.typalign::text END",
    storage: "CASE WHEN t.typtype = 'b' THEN t.typstorage::text END",
    category: "CASE WHEN t.typtype = 'b' THEN t.typcategory::text END",
    comment: comment('pg_type', 't.oid'),
  },
})}
FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_class c ON c.oid = t.typrelid
  LEFT JOIN pg_range r ON r.rngtypid = t.oid AND t.typtype = 'r'
WHERE ${userSchema('n')} AND t.typtype IN ('b', 'c', 'd', 'e', 'p', 'r')
  AND (t.typtype <> 'c' OR c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
  AND ${notOfExtension('pg_type', 't.oid')}`;
