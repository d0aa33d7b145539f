import type pg from 'pg';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';

/** What a copy of a live schema needs beside the schema itself. */
export interface LiveSurroundings {
  /** Roles that the database's objects name as owner, in rights or in policies. */
  roles: string[];
  extensions: LiveExtension[];
  defaultRights: DefaultRight[];
  hasPublicSchema: boolean;
  /** A table that this role may not lock for a dump; null when it may lock all. */
  unreadableTable: string | null;
}

export interface LiveExtension {
  name: string;
  version: string;
  schema: string;
}

/** One right of ALTER DEFAULT PRIVILEGES; without `privilege`: all rights are taken away. */
export interface DefaultRight {
  role: string;
  /** The granting role owns the database. */
  ofDatabaseOwner: boolean;
  schema: string | null;
  /** `defaclobjtype` */
  type: string;
  /** null: PUBLIC. */
  grantee: string | null;
  toItself: boolean;
  privilege: string | null;
  grantable: boolean;
}

const HERE = '(SELECT oid FROM pg_database WHERE datname = current_database())';

// The first superuser is pinned: what depends on it is not noted, so that one has to look.
const ROLES = `
  SELECT r.rolname AS name FROM pg_roles r
   WHERE r.rolname !~ '^pg_' AND (
     EXISTS (SELECT FROM pg_shdepend d WHERE d.dbid = ${HERE}
       AND d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid)
     OR r.oid = 10 AND (
       EXISTS (SELECT FROM pg_policy WHERE 10::oid = ANY (polroles))
       OR EXISTS (SELECT FROM pg_class, aclexplode(relacl) g
         WHERE relowner <> 10 AND 10::oid IN (g.grantee, g.grantor))
       OR EXISTS (SELECT FROM pg_namespace, aclexplode(nspacl) g
         WHERE nspowner <> 10 AND 10::oid IN (g.grantee, g.grantor))
       OR EXISTS (SELECT FROM pg_default_acl, aclexplode(defaclacl) g
         WHERE defaclrole <> 10 AND g.grantee = 10::oid)))
   ORDER BY 1`;

const EXTENSIONS = `
  SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1`;

const DEFAULT_RIGHTS = `
  SELECT pg_get_userbyid(a.defaclrole) AS role, a.defaclrole = b.datdba AS "ofDatabaseOwner",
         n.nspname AS schema, a.defaclobjtype AS type,
         CASE WHEN g.grantee <> 0 THEN pg_get_userbyid(g.grantee) END AS grantee,
         coalesce(g.grantee = a.defaclrole, false) AS "toItself",
         g.privilege_type AS privilege, coalesce(g.is_grantable, false) AS grantable
    FROM pg_default_acl a
    JOIN pg_database b ON b.datname = current_database()
    LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
    LEFT JOIN LATERAL aclexplode(a.defaclacl) g ON true
   ORDER BY a.oid, 5 NULLS FIRST, 7`;

const UNREADABLE = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
     AND n.nspname NOT IN ('information_schema', '${RESCUE_SCHEMA}') AND n.nspname !~ '^pg_'
     AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
       AND d.objid = c.oid AND d.deptype = 'e')
   ORDER BY 1 LIMIT 1`;

/** Reads them on a connection whose search path is `pg_catalog`. */
export async function readSurroundings(client: pg.Client): Promise<LiveSurroundings> {
  const roles = await client.query<{ name: string }>(ROLES);
  const extensions = await client.query<LiveExtension>(EXTENSIONS);
  const defaultRights = await client.query<DefaultRight>(DEFAULT_RIGHTS);
  const publicSchema = await client.query("SELECT FROM pg_namespace WHERE nspname = 'public'");
  const unreadable = await client.query<{ name: string }>(UNREADABLE);
  return {
    roles: roles.rows.map((row) => row.name),
    extensions: extensions.rows,
    defaultRights: defaultRights.rows,
    hasPublicSchema: publicSchema.rowCount === 1,
    unreadableTable: unreadable.rows[0]?.name ?? null,
  };
}
