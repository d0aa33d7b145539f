import {
  acl,
  type CatalogQuery,
  collationName,
  comment,
  notOfExtension,
  notTracking,
  options,
  qualified,
  select,
  since,
  userSchema,
} from './catalog-query';

const STORAGE = `CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'
  WHEN 'm' THEN 'main' WHEN 'x' THEN 'extended' END`;

/** Columns of tables and views; a composite type's are part of the type. */
export const columns: CatalogQuery = (scope) => `
${select({
  kind: "'column'",
  unit: 'a.attrelid',
  name: `${qualified('n', 'c.relname')} || '.' || quote_ident(a.attname)`,
  parent: qualified('n', 'c.relname'),
  position: 'a.attnum::int',
  acl: acl('a.attacl'),
  attributes: {
    type: 'format_type(a.atttypid, a.atttypmod)',
    not_null: 'NULLIF(a.attnotnull, false)',
    default: "CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END",
    generated: `CASE a.attgenerated WHEN 's' THEN pg_get_expr(d.adbin, d.adrelid) || ' STORED'
      WHEN 'v' THEN pg_get_expr(d.adbin, d.adrelid) || ' VIRTUAL' END`,
    identity: "CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END",
    collation: `CASE WHEN a.attcollation <> t.typcollation THEN ${collationName('a.attcollation')} END`,
    storage: `CASE WHEN a.attstorage <> t.typstorage THEN ${STORAGE} END`,
    compression: since(
      scope,
      14,
      "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END",
    ),
    // Up to 16 the default was -1, since then it is null.
    statistics_target: 'CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END',
    options: options('a.attoptions'),
    foreign_options: options('a.attfdwoptions'),
    inherited: 'CASE WHEN a.attinhcount > 0 THEN true END',
    also_local: 'CASE WHEN a.attinhcount > 0 AND a.attislocal THEN true END',
    // A plain NOT NULL is an attribute; only the odd ones of 18 are worth their constraint.
    not_null_constraint: since(
      scope,
      18,
      `CASE WHEN a.attnotnull THEN (SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
        WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum
          AND (NOT k.convalidated OR k.connoinherit)) END`,
    ),
    comment: comment('pg_class', 'a.attrelid', 'a.attnum'),
  },
})}
FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  AND ${userSchema('n')} AND ${notTracking(scope, 'n', 'c')} AND ${notOfExtension('pg_class', 'c.oid')}`;
