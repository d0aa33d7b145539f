import pg from 'pg';

const { escapeIdentifier: id } = pg;

const KINDS: Record<string, string> = {
  r: 'TABLES',
  S: 'SEQUENCES',
  f: 'FUNCTIONS',
  T: 'TYPES',
  n: 'SCHEMAS',
};

/** Rights that new objects of this role get in any schema, beside those that PostgreSQL gives by itself. */
const RIGHTS = `
  WITH own AS (
    SELECT a.defaclobjtype::text AS kind, a.defaclrole AS role, a.defaclacl AS acl
      FROM pg_catalog.pg_default_acl a
     WHERE a.defaclnamespace = 0
       AND a.defaclrole = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
  )
  SELECT o.kind, set.name AS set, CASE WHEN g.grantee = 0 THEN 'PUBLIC'
              ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) END AS grantee,
         g.privilege_type AS privilege, g.is_grantable AS grantable
    FROM own o
   CROSS JOIN LATERAL (VALUES ('has', o.acl),
                ('plain', pg_catalog.acldefault(CASE o.kind WHEN 'S' THEN 's'::"char" ELSE o.kind::"char" END, o.role))) AS set(name, acl)
   CROSS JOIN LATERAL pg_catalog.aclexplode(set.acl) g
   ORDER BY 1, 2, 3, 4`;

interface Right {
  kind: string;
  set: 'has' | 'plain';
  grantee: string;
  privilege: string;
  grantable: boolean;
}

/**
 * A dump names the rights that an object has beyond PostgreSQL's own. Where the role gives other ones to
 * all that it makes, restored objects would have those as well; so they are put away for the restore's
 * transaction, and are as before at its end. Nobody else ever sees that.
 */
export async function defaultRightsSql(
  client: pg.ClientBase,
): Promise<{ putAway: string[]; again: string[] }> {
  const { rows } = await client.query<Right>(RIGHTS);
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const putAway: string[] = [];
  const again: string[] = [];
  for (const kind of kinds) {
    const of = (set: Right['set']) => rows.filter((row) => row.kind === kind && row.set === set);
    const what = KINDS[kind];
    if (what === undefined) continue;
    const change = (from: readonly Right[], to: readonly Right[]) => [
      ...[...new Set([...from, ...to].map(({ grantee }) => grantee))].map(
        (grantee) => `ALTER DEFAULT PRIVILEGES REVOKE ALL ON ${what} FROM ${grantee}`,
      ),
      ...to.map(
        ({ privilege, grantee, grantable }) =>
          `ALTER DEFAULT PRIVILEGES GRANT ${privilege} ON ${what} TO ${grantee}${grantable ? ' WITH GRANT OPTION' : ''}`,
      ),
    ];
    putAway.push(...change(of('has'), of('plain')));
    again.push(...change(of('plain'), of('has')));
  }
  return { putAway, again };
}

/** The owner that a new `public` gets, as every database of that version is created with one. */
export async function plainPublicSql(
  client: pg.ClientBase,
  presentOwner: string | null,
): Promise<string[]> {
  const { rows } = await client.query<{ version: number; owns: boolean }>(
    `SELECT pg_catalog.current_setting('server_version_num')::int AS version,
            pg_catalog.pg_has_role(d.datdba, 'USAGE') AS owns
       FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`,
  );
  const { version = 0, owns = false } = rows[0] ?? {};
  const since15 = version >= 150_000;
  const owner = since15 && owns ? 'pg_database_owner' : presentOwner;
  return [
    'CREATE SCHEMA public',
    `GRANT ${since15 ? 'USAGE' : 'ALL'} ON SCHEMA public TO PUBLIC`,
    "COMMENT ON SCHEMA public IS 'standard public schema'",
    ...(owner === null ? [] : [`ALTER SCHEMA public OWNER TO ${id(owner)}`]),
  ];
}
