import {
  acl,
  type CatalogQuery,
  comment,
  notOfExtension,
  owner,
  routine,
  select,
} from './catalog-query';
import { FIRST_USER_OID } from './first-user-oid';

/** Languages that no extension brought. */
export const languages: CatalogQuery = () => `
${select({
  kind: "'language'",
  name: 'quote_ident(l.lanname)',
  owner: owner('l.lanowner'),
  acl: acl('l.lanacl'),
  attributes: {
    trusted: 'NULLIF(l.lanpltrusted, false)',
    handler: routine('l.lanplcallfoid'),
    inline: routine('l.laninline'),
    validator: routine('l.lanvalidator'),
    comment: comment('pg_language', 'l.oid'),
  },
})}
FROM pg_language l
WHERE l.oid >= ${FIRST_USER_OID} AND ${notOfExtension('pg_language', 'l.oid')}`;

export const transforms: CatalogQuery = () => `
${select({
  kind: "'transform'",
  name: `'for ' || format_type(t.trftype, NULL) || ' language '
    || (SELECT quote_ident(l.lanname) FROM pg_language l WHERE l.oid = t.trflang)`,
  attributes: {
    from_sql: routine('t.trffromsql'),
    to_sql: routine('t.trftosql'),
    comment: comment('pg_transform', 't.oid'),
  },
})}
FROM pg_transform t
WHERE ${notOfExtension('pg_transform', 't.oid')}`;

export const accessMethods: CatalogQuery = () => `
${select({
  kind: "'access_method'",
  name: 'quote_ident(m.amname)',
  attributes: {
    type: "CASE m.amtype WHEN 't' THEN 'table' ELSE 'index' END",
    handler: routine('m.amhandler'),
    comment: comment('pg_am', 'm.oid'),
  },
})}
FROM pg_am m
WHERE m.oid >= ${FIRST_USER_OID} AND ${notOfExtension('pg_am', 'm.oid')}`;
