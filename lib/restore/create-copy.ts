import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import { closeTarget, openTarget, SQLSTATE, sqlstateOf } from '@/lib/target';
import { carryOver, type NotCarried } from './carry-over';
import { databaseByName, databaseByOid, type ServerDatabase } from './databases';
import { atDatabase, type MaintenanceSession } from './maintenance';
import type { RestoreRecord } from './restore-record';
import { endSessions, requireNoPrepared } from './sessions';
import { setDoors } from './swap-names';

const { escapeIdentifier: id, escapeLiteral: text } = pg;

/** In the comment of a database that a restore has made and nobody has taken over yet. */
export const markOf = (installation: string, label: string): string =>
  `Backstep ${installation}: ${label}, restored from a backup and not in use`;

export interface NewCopy {
  oid: number;
  name: string;
  notCarried: NotCarried[];
}

/**
 * Creates the database that the backup is restored into: with the present one's encoding, collation,
 * owner and tablespace, and its grants, so that nobody can read there who can't read here.
 * @throws BackstepError `restore_failed` when the role may not, or the name is taken
 */
export async function createCopy(
  record: RestoreRecord,
  session: MaintenanceSession,
  present: ServerDatabase,
  name: string,
  mark: string,
): Promise<NewCopy> {
  const { client, identity } = session;
  const taken = await databaseByName(client, name);
  if (taken)
    throw new BackstepError(
      'restore_failed',
      `The server already has a database called ${name} (object id ${taken.oid}), and it is not one that this restore has made. Rename or drop it, then start again.`,
    );
  await record.act('restore', 'create_database', name, () =>
    create(client, createSql(present, name, identity.serverVersionNum)),
  );
  const made = await databaseByName(client, name);
  if (!made) throw new Error(`${name} is gone right after it was created`);
  await record.patch({ newDatabase: name, newOid: made.oid, newDroppedAt: null });
  await client.query('BEGIN');
  const notCarried = await carryOver(client, present, name);
  for (const sql of forRestoringSql(name, identity.serverVersionNum)) await client.query(sql);
  await client.query(`COMMENT ON DATABASE ${id(name)} IS ${text(mark)}`);
  await client.query('COMMIT');
  return { oid: made.oid, name, notCarried };
}

/**
 * Limits of the present database, which somebody may just have set to stop writes, must not stop the
 * restore. The swap carries everything over once more, and takes these away.
 */
function forRestoringSql(name: string, versionNum: number): string[] {
  const database = id(name);
  const settings: [string, string, number][] = [
    ['default_transaction_read_only', 'off', 0],
    ['statement_timeout', '0', 0],
    ['lock_timeout', '0', 0],
    ['idle_in_transaction_session_timeout', '0', 0],
    ['idle_session_timeout', '0', 140_000],
    ['transaction_timeout', '0', 170_000],
  ];
  return [
    `ALTER DATABASE ${database} CONNECTION LIMIT -1`,
    `ALTER DATABASE ${database} IS_TEMPLATE false`,
    // Of a role in a database: it wins over those of the database, and of the role.
    ...settings
      .filter(([, , since]) => versionNum >= since)
      .map(
        ([setting, value]) =>
          `ALTER ROLE CURRENT_USER IN DATABASE ${database} SET ${setting} TO ${text(value)}`,
      ),
  ];
}

async function create(client: pg.Client, sql: string): Promise<void> {
  try {
    await withoutLimit(client, sql);
  } catch (cause) {
    if (sqlstateOf(cause) !== SQLSTATE.insufficientPrivilege) throw cause;
    throw new BackstepError(
      'restore_failed',
      `The role may not create a database like the present one: ${(cause as Error).message}. Give it CREATEDB and the present owner's role, or restore by hand as the page describes.`,
      { cause },
    );
  }
}

/** CREATE DATABASE as the present one was created. */
export function createSql(present: ServerDatabase, name: string, versionNum: number): string {
  const { text: like } = present;
  const provider = like.datlocprovider;
  const parts = [
    `CREATE DATABASE ${id(name)} TEMPLATE template0 OWNER ${id(present.owner)}`,
    `ENCODING ${literal(like.encoding)}`,
    `LC_COLLATE ${literal(like.datcollate)} LC_CTYPE ${literal(like.datctype)}`,
  ];
  // Naming the server's own would want a right on it that nobody needs otherwise.
  if (present.tablespace !== 'pg_default') parts.push(`TABLESPACE ${id(present.tablespace)}`);
  const locale = like.datlocale ?? like.daticulocale;
  if (provider === 'i') parts.push(`LOCALE_PROVIDER icu ICU_LOCALE ${literal(locale)}`);
  else if (provider === 'b')
    parts.push(`LOCALE_PROVIDER builtin BUILTIN_LOCALE ${literal(locale)}`);
  else if (versionNum >= 150_000) parts.push('LOCALE_PROVIDER libc');
  if (provider === 'i' && like.daticurules != null)
    parts.push(`ICU_RULES ${literal(like.daticurules)}`);
  return parts.join(' ');
}

const literal = (value: string | number | null | undefined): string => text(String(value ?? ''));

/**
 * Drops what an attempt has left: the recorded database, or one of the name that was being created when
 * the executor died. A database that carries no mark of this restore is only dropped when nobody has
 * written anything about it or into it: one that has served once has the comment of the present one.
 * @returns false when there is one of the name that is not ours; it is left alone
 */
export async function dropCopy(
  record: RestoreRecord,
  session: MaintenanceSession,
  target: TargetConfig,
  made: { oid: number | null; name: string },
  mark: string,
): Promise<boolean> {
  const { client } = session;
  const found =
    made.oid === null
      ? await databaseByName(client, made.name)
      : await databaseByOid(client, made.oid);
  if (!found || found.name !== made.name) return true;
  const ours =
    found.comment === mark || (found.comment === null && (await isEmpty(target, found.name)));
  if (!ours) return false;
  await record.act('drop_new', 'drop_database', found.name, () => dropDatabase(client, found));
  return true;
}

/** Closes the doors first, so that nobody comes back while it goes. */
export async function dropDatabase(client: pg.Client, database: ServerDatabase): Promise<void> {
  await requireNoPrepared(client, database.oid);
  await setDoors(client, database, false);
  await endSessions(client, database.oid);
  if (database.template)
    await client.query(`ALTER DATABASE ${id(database.name)} IS_TEMPLATE false`);
  // A slot of logical replication or a subscription keeps a database; the server says which.
  await withoutLimit(client, `DROP DATABASE ${id(database.name)}`);
}

/** A busy server takes minutes for the checkpoint of it; a drop that is cut off leaves a broken database. */
async function withoutLimit(client: pg.Client, sql: string): Promise<void> {
  const { rows } = await client.query<{ limit: string }>(
    "SELECT pg_catalog.current_setting('statement_timeout') AS limit",
  );
  await client.query('SET statement_timeout = 0');
  try {
    await client.query(sql);
  } finally {
    await client
      .query("SELECT pg_catalog.set_config('statement_timeout', $1, false)", [rows[0]?.limit])
      .catch(() => undefined);
  }
}

/** What the server itself brings along has smaller numbers. */
const USED = `
  SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid >= 16384)
      OR EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE oid >= 16384)
      OR EXISTS (SELECT FROM pg_catalog.pg_proc WHERE oid >= 16384)
      OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE oid >= 16384)
      OR EXISTS (SELECT FROM pg_catalog.pg_extension WHERE oid >= 16384)
      OR EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) AS used`;

async function isEmpty(target: TargetConfig, database: string): Promise<boolean> {
  const client = await openTarget(atDatabase(target, database), 'read').catch(() => null);
  if (!client) return false;
  try {
    const { rows } = await client.query<{ used: boolean }>(USED);
    return rows[0]?.used === false;
  } finally {
    await closeTarget(client);
  }
}
