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
} from './catalog-query';

/** Since 15 a publication may take some columns or rows of a table only. */
const part = (scope: QueryScope) =>
  scope.version >= 150_000
    ? ` || coalesce(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname)
        FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')', '')
      || coalesce(' WHERE ' || pg_get_expr(r.prqual, r.prrelid), '')`
    : '';

const tables = (scope: QueryScope) =>
  `(SELECT string_agg(item, ', ' ORDER BY item COLLATE "C") FROM (
    SELECT ${qualified('n', 'c.relname')}${part(scope)} AS item
    FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.prpubid = p.oid AND ${notTracking(scope, 'n', 'c')}) listed)`;

export const publications: CatalogQuery = (scope) => `
${select({
  kind: "'publication'",
  name: 'quote_ident(p.pubname)',
  owner: owner('p.pubowner'),
  attributes: {
    all_tables: 'NULLIF(p.puballtables, false)',
    operations: `concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END,
      CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END,
      CASE WHEN p.pubtruncate THEN 'truncate' END)`,
    via_root: since(scope, 13, 'NULLIF(p.pubviaroot, false)'),
    generated_columns: since(scope, 18, "CASE WHEN p.pubgencols = 's' THEN 'stored' END"),
    tables: tables(scope),
    schemas: since(
      scope,
      15,
      `(SELECT string_agg(quote_ident(n.nspname), ', ' ORDER BY n.nspname)
        FROM pg_publication_namespace s JOIN pg_namespace n ON n.oid = s.pnnspid
        WHERE s.pnpubid = p.oid)`,
    ),
    comment: comment('pg_publication', 'p.oid'),
  },
})}
FROM pg_publication p
WHERE ${notOfExtension('pg_publication', 'p.oid')}`;
