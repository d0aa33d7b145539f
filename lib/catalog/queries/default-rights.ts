import pg from 'pg';
import { SET_ASIDE_SCHEMA } from '@/lib/core/restore';
import { type CatalogQuery, select } from './catalog-query';

/**
 * ALTER DEFAULT PRIVILEGES. Who grants and who owns differ between clusters: the database's owner is
 * left out of the name, the granting role is called `owner`, and the grantor is not told.
 */
export const defaultRights: CatalogQuery = () => `
${select({
  kind: "'default_acl'",
  name: `CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
      WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END
    || CASE WHEN n.oid IS NOT NULL THEN ' in ' || quote_ident(n.nspname) ELSE '' END
    || CASE WHEN a.defaclrole <> b.datdba THEN ' of ' || quote_ident(pg_get_userbyid(a.defaclrole))
      ELSE '' END`,
  owner: 'pg_get_userbyid(a.defaclrole)',
  attributes: {
    grants: `(SELECT string_agg(line, '; ' ORDER BY line COLLATE "C") FROM (
      SELECT CASE WHEN g.grantee = 0 THEN 'public' WHEN g.grantee = a.defaclrole THEN 'owner'
          ELSE quote_ident(pg_get_userbyid(g.grantee)) END || ': '
        || string_agg(g.privilege_type || CASE WHEN g.is_grantable THEN ' with grant option' ELSE '' END,
          ', ' ORDER BY g.privilege_type) AS line
      FROM aclexplode(a.defaclacl) g GROUP BY g.grantee) lines)`,
  },
})}
FROM pg_default_acl a
  LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
  JOIN pg_database b ON b.datname = current_database()
WHERE n.oid IS NULL OR n.nspname !~ ${pg.escapeLiteral(SET_ASIDE_SCHEMA)}`;
