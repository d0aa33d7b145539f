import pg from 'pg';
import { BORROWED_ROLE_MARK } from '@/lib/catalog';

/**
 * Roles belong to the whole server: what a scratch database brings must not stay behind it. Those that
 * copies of a live schema borrow come and go beside a proof, and are not its business.
 */

const ATTRIBUTES = `
  SELECT rolname AS name,
         pg_catalog.format('CREATE ROLE %I %s %s %s %s %s %s %s CONNECTION LIMIT %s', rolname,
           CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
           CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
           CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
           CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
           CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
           CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
           CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END,
           rolconnlimit) AS definition
    FROM pg_catalog.pg_roles
   WHERE rolname !~ '^pg_'
     AND pg_catalog.shobj_description(oid, 'pg_authid') IS DISTINCT FROM $1`;

/** Each role's name with the statement that makes one like it. */
export type Roles = ReadonlyMap<string, string>;

export async function readRoles(client: pg.ClientBase): Promise<Roles> {
  const { rows } = await client.query<{ name: string; definition: string }>(ATTRIBUTES, [
    BORROWED_ROLE_MARK,
  ]);
  return new Map(rows.map(({ name, definition }) => [name, definition]));
}

/** Names that are there now and were not before. */
export function rolesAdded(before: Roles, after: Roles): string[] {
  return [...after.keys()].filter((name) => !before.has(name));
}

/** Of these names, those that a text has: somebody else may have made the others at the same time. */
export function namedIn(sql: string, names: readonly string[]): string[] {
  const text = sql.toLowerCase();
  return names.filter((name) => text.includes(name.replaceAll('"', '""').toLowerCase()));
}

/**
 * Drops roles whose databases are gone already. Rights that they hold beyond those, on the server's other
 * databases, go with them; one that owns something there is somebody else's by now and stays.
 * @returns the names of those that could not be dropped
 */
export async function dropRoles(admin: pg.ClientBase, names: readonly string[]): Promise<string[]> {
  let left = [...names];
  // A role that granted something to another can only go after it.
  for (let before = -1; left.length > 0 && left.length !== before; ) {
    before = left.length;
    const kept: string[] = [];
    for (const name of left) {
      if (!(await dropRole(admin, name))) kept.push(name);
    }
    left = kept;
  }
  return left;
}

async function dropRole(admin: pg.ClientBase, name: string): Promise<boolean> {
  const role = pg.escapeIdentifier(name);
  try {
    await admin.query(`DROP ROLE IF EXISTS ${role}`);
    return true;
  } catch {
    try {
      if (await ownsAnything(admin, name)) return false;
      await admin.query(`DROP OWNED BY ${role}; DROP ROLE IF EXISTS ${role}`);
      return true;
    } catch {
      return false;
    }
  }
}

async function ownsAnything(admin: pg.ClientBase, name: string): Promise<boolean> {
  const { rows } = await admin.query<{ owns: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_shdepend d
        JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
       WHERE d.refclassid = 'pg_catalog.pg_authid'::regclass AND d.deptype = 'o'
         AND r.rolname = $1) AS owns`,
    [name],
  );
  return rows[0]?.owns !== false;
}

/** Makes the server's roles again what they were: drops those that came, recreates those that went. */
export async function restoreRoles(admin: pg.ClientBase, before: Roles): Promise<void> {
  const now = await readRoles(admin);
  await dropRoles(admin, rolesAdded(before, now));
  for (const [name, definition] of before) {
    if (!now.has(name)) await admin.query(definition);
  }
}
