import {
  acl,
  type CatalogQuery,
  comment,
  notOfExtension,
  options,
  owner,
  routine,
  select,
} from './catalog-query';

export const foreignDataWrappers: CatalogQuery = () => `
${select({
  kind: "'foreign_server'",
  name: "'wrapper ' || quote_ident(w.fdwname)",
  owner: owner('w.fdwowner'),
  acl: acl('w.fdwacl'),
  attributes: {
    handler: routine('w.fdwhandler'),
    validator: routine('w.fdwvalidator'),
    options: options('w.fdwoptions'),
    comment: comment('pg_foreign_data_wrapper', 'w.oid'),
  },
})}
FROM pg_foreign_data_wrapper w
WHERE ${notOfExtension('pg_foreign_data_wrapper', 'w.oid')}`;

/** Where foreign tables come from. User mappings are among the surroundings. */
export const foreignServers: CatalogQuery = () => `
${select({
  kind: "'foreign_server'",
  name: "'server ' || quote_ident(s.srvname)",
  owner: owner('s.srvowner'),
  acl: acl('s.srvacl'),
  attributes: {
    wrapper: `(SELECT quote_ident(w.fdwname) FROM pg_foreign_data_wrapper w WHERE w.oid = s.srvfdw)`,
    type: 's.srvtype',
    version: 's.srvversion',
    options: options('s.srvoptions'),
    comment: comment('pg_foreign_server', 's.oid'),
  },
})}
FROM pg_foreign_server s
WHERE ${notOfExtension('pg_foreign_server', 's.oid')}`;
