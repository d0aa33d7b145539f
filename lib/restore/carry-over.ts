import pg from 'pg';
import { databaseByName, type ServerDatabase } from './databases';

const { escapeIdentifier: id, escapeLiteral: text } = pg;

export interface NotCarried {
  sql: string;
  why: string;
}

interface Grant {
  grantee: string;
  privilege: string;
  grantable: boolean;
}

const GRANTS_SQL = `
  SELECT CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END AS grantee,
         a.privilege_type AS privilege, bool_or(a.is_grantable) AS grantable
    FROM pg_catalog.pg_database d,
         pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
   WHERE d.oid = $1::int8::oid
   GROUP BY a.grantee, a.privilege_type
   ORDER BY 1, 2`;

const SETTINGS_SQL = `
  SELECT r.rolname AS role, setting
    FROM pg_catalog.pg_db_role_setting s
    LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole,
         pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS c(setting, ord)
   WHERE s.setdatabase = $1::int8::oid
   ORDER BY s.setrole, ord`;

/** Settings whose value is a list: each element is a literal of its own. */
const LISTS = new Set([
  'search_path',
  'temp_tablespaces',
  'local_preload_libraries',
  'session_preload_libraries',
]);

/**
 * What the present database has beside its contents, as commands for the new one: owner, connection limit,
 * grants, settings of the database and of roles in it, comment. A dump of one database has none of it.
 * What the new one has of an earlier time goes first: a right that was taken away here is none there.
 */
export async function carryOverSql(
  client: pg.ClientBase,
  from: ServerDatabase,
  to: string,
): Promise<string[]> {
  const name = id(to);
  const grants = (await client.query<Grant>(GRANTS_SQL, [from.oid])).rows;
  const settings = await settingsOf(client, from.oid);
  const earlier = await earlierOf(client, to, from.owner);
  return [
    `ALTER DATABASE ${name} OWNER TO ${id(from.owner)}`,
    `ALTER DATABASE ${name} CONNECTION LIMIT ${from.connectionLimit}`,
    `COMMENT ON DATABASE ${name} IS ${from.comment === null ? 'NULL' : text(from.comment)}`,
    // Of an earlier swap or attempt; what counts is what the present database has now.
    `ALTER DATABASE ${name} RESET ALL`,
    ...earlier.roles.map((role) => `ALTER ROLE ${id(role)} IN DATABASE ${name} RESET ALL`),
    // The owner's own rights, too: they may have been taken away.
    ...earlier.grantees.map(
      (grantee) =>
        `REVOKE ALL ON DATABASE ${name} FROM ${grantee === '' ? 'PUBLIC' : id(grantee)} CASCADE`,
    ),
    ...grants.map(
      ({ grantee, privilege, grantable }) =>
        `GRANT ${privilege} ON DATABASE ${name} TO ${grantee === '' ? 'PUBLIC' : id(grantee)}${grantable && grantee !== from.owner ? ' WITH GRANT OPTION' : ''}`,
    ),
    ...settings.map(({ role, parameter, value }) =>
      role === null
        ? `ALTER DATABASE ${name} SET ${parameter} TO ${value}`
        : `ALTER ROLE ${id(role)} IN DATABASE ${name} SET ${parameter} TO ${value}`,
    ),
    ...(from.template ? [`ALTER DATABASE ${name} IS_TEMPLATE true`] : []),
  ];
}

/** Who has rights on a database, or settings in it, from before. */
async function earlierOf(
  client: pg.ClientBase,
  name: string,
  owner: string,
): Promise<{ grantees: string[]; roles: string[] }> {
  const there = await databaseByName(client, name);
  if (!there) return { grantees: ['', owner], roles: [] };
  const grants = (await client.query<Grant>(GRANTS_SQL, [there.oid])).rows;
  const settings = await settingsOf(client, there.oid);
  return {
    // What the earlier owner had is the new owner's once the database is.
    grantees: [...new Set(['', owner, there.owner, ...grants.map(({ grantee }) => grantee)])],
    roles: [...new Set(settings.flatMap(({ role }) => role ?? []))],
  };
}

/** A database's own value of a setting, for all roles; null when it has none. */
export async function ownSetting(
  client: pg.ClientBase,
  oid: number,
  parameter: string,
): Promise<string | null> {
  const { rows } = await client.query<{ role: string | null; setting: string }>(SETTINGS_SQL, [
    oid,
  ]);
  const found = rows.find(
    ({ role, setting }) => role === null && setting.startsWith(`${parameter}=`),
  );
  return found ? found.setting.slice(parameter.length + 1) : null;
}

async function settingsOf(
  client: pg.ClientBase,
  oid: number,
): Promise<{ role: string | null; parameter: string; value: string }[]> {
  const { rows } = await client.query<{ role: string | null; setting: string }>(SETTINGS_SQL, [
    oid,
  ]);
  return rows.map(({ role, setting }) => {
    const at = setting.indexOf('=');
    const parameter = setting.slice(0, at);
    const value = setting.slice(at + 1);
    return {
      role,
      // `extension.setting`: each part is a name of its own.
      parameter: parameter.split('.').map(id).join('.'),
      value: LISTS.has(parameter) ? listOf(value) : text(value),
    };
  });
}

/** `"$user", public` → `'$user', 'public'`. */
function listOf(value: string): string {
  const elements = [...value.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
  return elements.length === 0 ? "''" : elements.map((element) => text(element)).join(', ');
}

/**
 * Carries everything over, each command for itself: one that the role may not give is told, with the
 * command for somebody who may. Call it in a transaction.
 */
export async function carryOver(
  client: pg.ClientBase,
  from: ServerDatabase,
  to: string,
): Promise<NotCarried[]> {
  const left: NotCarried[] = [];
  for (const sql of await carryOverSql(client, from, to)) {
    await client.query('SAVEPOINT carried');
    try {
      await client.query(sql);
    } catch (cause) {
      if (!(cause instanceof pg.DatabaseError)) throw cause;
      await client.query('ROLLBACK TO SAVEPOINT carried');
      left.push({ sql: `${sql};`, why: cause.message });
    }
    await client.query('RELEASE SAVEPOINT carried');
  }
  return left;
}
