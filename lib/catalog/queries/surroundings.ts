import {
  acl,
  type CatalogQuery,
  notOfExtension,
  options,
  owner,
  select,
  since,
} from './catalog-query';

/**
 * The current database. It has no name here: a copy of it is compared with it. A copy that CREATE
 * DATABASE made has none of its rights, settings and comment.
 */
export const currentDatabase: CatalogQuery = () => `
${select({
  kind: "'database'",
  name: "'the database'",
  owner: owner('b.datdba'),
  acl: acl('b.datacl'),
  attributes: {
    connection_limit: 'NULLIF(b.datconnlimit, -1)',
    no_connections: 'CASE WHEN NOT b.datallowconn THEN true END',
    template: 'NULLIF(b.datistemplate, false)',
    comment: "shobj_description(b.oid, 'pg_database')",
  },
})}
FROM pg_database b WHERE b.datname = current_database()`;

export const tablespaces: CatalogQuery = () => `
${select({
  kind: "'tablespace'",
  name: 'quote_ident(s.spcname)',
  owner: owner('s.spcowner'),
  acl: acl('s.spcacl'),
  attributes: {
    location: 'pg_tablespace_location(s.oid)',
    options: options('s.spcoptions'),
    comment: "shobj_description(s.oid, 'pg_tablespace')",
  },
})}
FROM pg_tablespace s WHERE s.spcname !~ '^pg_'`;

/** Since 15, the right to SET a parameter can be granted. */
export const parameters: CatalogQuery = ({ version }) =>
  version >= 150_000
    ? `
${select({ kind: "'parameter'", name: 'p.parname', acl: acl('p.paracl'), attributes: {} })}
FROM pg_parameter_acl p`
    : '';

/** Without the connection string, which only superusers may read, and which has a password. */
export const subscriptions: CatalogQuery = (scope) => `
${select({
  kind: "'subscription'",
  name: 'quote_ident(s.subname)',
  owner: owner('s.subowner'),
  attributes: {
    disabled: 'CASE WHEN NOT s.subenabled THEN true END',
    publications: `(SELECT string_agg(quote_ident(item), ', ' ORDER BY item) FROM unnest(s.subpublications) item)`,
    slot: 's.subslotname',
    synchronous_commit: 's.subsynccommit',
    binary: since(scope, 14, 'NULLIF(s.subbinary, false)'),
    streaming: since(scope, 14, 's.substream::text'),
    two_phase: since(scope, 15, "NULLIF(s.subtwophasestate <> 'd', false)"),
    disable_on_error: since(scope, 15, 'NULLIF(s.subdisableonerr, false)'),
    origin: since(scope, 16, 's.suborigin'),
    run_as_owner: since(scope, 16, 'NULLIF(s.subrunasowner, false)'),
    comment: "obj_description(s.oid, 'pg_subscription')",
  },
})}
FROM pg_subscription s
WHERE s.subdbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())`;

/** Options that may hold a secret are told by name only. */
const SHOWN_OPTIONS = `(SELECT string_agg(CASE WHEN item ~* '^[^=]*(pass|secret|token|key|cert)'
    THEN split_part(item, '=', 1) || '=…' ELSE item END, ', ' ORDER BY item COLLATE "C")
  FROM unnest(u.umoptions) item)`;

export const userMappings: CatalogQuery = () => `
${select({
  kind: "'user_mapping'",
  name: `'for ' || CASE WHEN u.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(u.usename) END
    || ' on ' || quote_ident(u.srvname)`,
  attributes: { options: SHOWN_OPTIONS },
})}
FROM pg_user_mappings u
WHERE ${notOfExtension('pg_user_mapping', 'u.umid')}`;

/** A dump restored by an ordinary role lacks these comments, so the schema is compared without. */
export const extensionComments: CatalogQuery = () => `
${select({
  kind: "'comment'",
  name: "'extension ' || quote_ident(e.extname)",
  attributes: { text: 'r.description' },
})}
FROM pg_extension e JOIN pg_description r
  ON r.objoid = e.oid AND r.classoid = 'pg_extension'::regclass`;
