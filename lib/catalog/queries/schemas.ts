import pg from 'pg';
import {
  acl,
  type CatalogQuery,
  comment,
  notOfExtension,
  owner,
  select,
  userSchema,
} from './catalog-query';

/** The tracking table's own schema is drizzle's; `public` is everybody's even when the table is in it. */
export const schemas: CatalogQuery = ({ tracking }) => `
${select({
  kind: "'schema'",
  name: 'quote_ident(n.nspname)',
  owner: owner('n.nspowner'),
  acl: acl('n.nspacl'),
  attributes: { comment: comment('pg_namespace', 'n.oid') },
})}
FROM pg_namespace n
WHERE ${userSchema('n')} AND ${notOfExtension('pg_namespace', 'n.oid')}
  AND (n.nspname = 'public' OR n.nspname <> ${pg.escapeLiteral(tracking.schema)})`;
