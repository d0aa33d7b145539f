import { type CatalogQuery, type QueryScope, select } from './catalog-query';

/**
 * The comment of roles that are on a scratch server for copies of a live schema only. They come and go
 * beside everything else, so that no snapshot tells of them. No role without it is dropped as one of them.
 */
export const BORROWED_ROLE_MARK =
  'Made by Backstep for copies of a live schema; dropped when no copy needs it';

/** Since 16 a membership says whether it inherits and whether it may be switched to. */
const membershipOptions = ({ version }: QueryScope) =>
  version >= 160_000
    ? ` || CASE WHEN m.inherit_option <> r.rolinherit THEN
        CASE WHEN m.inherit_option THEN ' with inherit' ELSE ' without inherit' END ELSE '' END
      || CASE WHEN NOT m.set_option THEN ' without set' ELSE '' END`
    : '';

/**
 * The server's roles except for PostgreSQL's own. Of passwords is only read whether there is one, and
 * that only by a role that may.
 */
export const roles: CatalogQuery = (scope) => `
${select({
  kind: "'role'",
  name: 'quote_ident(r.rolname)',
  attributes: {
    login: 'NULLIF(r.rolcanlogin, false)',
    superuser: 'NULLIF(r.rolsuper, false)',
    create_database: 'NULLIF(r.rolcreatedb, false)',
    create_role: 'NULLIF(r.rolcreaterole, false)',
    no_inherit: 'CASE WHEN NOT r.rolinherit THEN true END',
    replication: 'NULLIF(r.rolreplication, false)',
    bypass_row_security: 'NULLIF(r.rolbypassrls, false)',
    connection_limit: 'NULLIF(r.rolconnlimit, -1)',
    valid_until: "NULLIF(r.rolvaliduntil, 'infinity')",
    password: scope.readsPasswords
      ? '(SELECT NULLIF(h.rolpassword IS NOT NULL, false) FROM pg_authid h WHERE h.oid = r.oid)'
      : 'NULL',
    // One role can be granted by several; the strongest counts.
    member_of: `(SELECT string_agg(item, ', ' ORDER BY item COLLATE "C") FROM (
      SELECT DISTINCT quote_ident(pg_get_userbyid(m.roleid))
        || CASE WHEN m.admin_option THEN ' with admin option' ELSE '' END${membershipOptions(scope)} AS item
      FROM pg_auth_members m WHERE m.member = r.oid) granted)`,
    comment: "shobj_description(r.oid, 'pg_authid')",
  },
})}
FROM pg_roles r
WHERE r.rolname !~ '^pg_'
  AND shobj_description(r.oid, 'pg_authid') IS DISTINCT FROM '${BORROWED_ROLE_MARK}'`;

/** ALTER ROLE … SET, ALTER DATABASE … SET and both together; those of other databases are left out. */
export const settings: CatalogQuery = () => `
${select({
  kind: "'setting'",
  name: `CASE WHEN s.setrole = 0 THEN 'of everybody' ELSE 'of ' || quote_ident(pg_get_userbyid(s.setrole)) END
    || CASE WHEN s.setdatabase = 0 THEN '' ELSE ' in the database' END
    || ': ' || split_part(item, '=', 1)`,
  attributes: { value: "substr(item, strpos(item, '=') + 1)" },
})}
FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) item
WHERE s.setdatabase IN (0, (SELECT b.oid FROM pg_database b WHERE b.datname = current_database()))`;
