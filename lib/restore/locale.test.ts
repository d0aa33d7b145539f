import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { adminUrl, createTestDatabase } from '@/lib/testing/database';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { createSql } from './create-copy';
import { databaseByName } from './databases';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const SERVER = await onServer(async (client) => {
  const { rows } = await client.query<{ version: number; icu: boolean }>(
    `SELECT current_setting('server_version_num')::int AS version,
            EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i') AS icu`,
  );
  return rows[0] ?? { version: 0, icu: false };
});
const ICU = SERVER.icu && SERVER.version >= 150_000;

/** Everything of a database that decides how its text is stored and compared. */
async function textOf(client: pg.Client, name: string) {
  const { rows } = await client.query<{ like: Record<string, unknown> }>(
    'SELECT to_jsonb(d) AS like FROM pg_database d WHERE datname = $1',
    [name],
  );
  const { encoding, datcollate, datctype, ...like } = rows[0]?.like ?? {};
  const of = (column: string) => like[column] ?? null;
  return {
    encoding,
    datcollate,
    datctype,
    provider: of('datlocprovider'),
    locale: of('datlocale') ?? of('daticulocale'),
    rules: of('daticurules'),
    version: of('datcollversion'),
  };
}

const KINDS: [string, string, boolean][] = [
  ['libc, C', "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'", true],
  ['another encoding', "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'", true],
  ['ICU', "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-u-kn-true'", ICU],
  [
    'ICU with rules',
    "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en' ICU_RULES '&z < a'",
    ICU && SERVER.version >= 160_000,
  ],
  [
    'builtin',
    "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
    SERVER.version >= 170_000,
  ],
];

describe('the database that a backup is restored into', () => {
  it.each(KINDS)('compares text as the present one does: %s', async (_, options, offered) => {
    if (!offered) {
      // A server that has no such locales has no database of the kind either.
      await expect(
        onServer((client) =>
          client.query(`CREATE DATABASE never_made TEMPLATE template0 ${options}`),
        ),
      ).rejects.toThrow();
      return;
    }
    const present = await createTestDatabase();
    await present.drop();
    await onServer(async (client) => {
      const copy = `${present.name}_copy`;
      await client.query(`CREATE DATABASE ${present.name} TEMPLATE template0 ${options}`);
      try {
        const found = await databaseByName(client, present.name);
        if (!found) throw new Error('it was not created');
        await client.query(createSql(found, copy, SERVER.version));
        expect(await textOf(client, copy)).toEqual(await textOf(client, present.name));
      } finally {
        for (const name of [copy, present.name])
          await client.query(`DROP DATABASE IF EXISTS ${name}`);
      }
    });
  });
});

let room: RestoreRoom | undefined;
afterEach(() => room?.close());

/** The same database anew, with numbers in text counted as numbers. */
async function makeIcu({ live, target }: PlannedRollback): Promise<void> {
  await live.drop();
  await onServer((client) =>
    client.query(
      `CREATE DATABASE ${live.name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-u-kn-true'`,
    ),
  );
  const client = await live.connect();
  await migrate(drizzle(client), { migrationsFolder: target.migrations });
  await client.end();
}

describe.skipIf(!pgDumpFound || !ICU)('a database with an ICU locale', { timeout: 120_000 }, () => {
  it('is restored, swapped in and back, and sorts as it did', async () => {
    room = await createRestoreRoom({ approvals: 0 }, makeIcu);
    const sorted = 'SELECT name FROM rooms WHERE id < 12 ORDER BY name';
    const before = await room.sql<{ name: string }>(sorted);
    expect(before.map(({ name }) => name).slice(0, 3)).toEqual(['room 1', 'room 2', 'room 3']);
    const text = (name: string) => onServer((client) => textOf(client, name));
    const { name } = room.planned.live;
    const present = await text(name);
    const restore = await room.restored();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    expect(await text(name)).toEqual(present);
    expect(await room.sql(sorted)).toEqual(before);
    await room.pressSwapBack(restore);
    await room.perform(restore.id);
    expect(await room.sql(sorted)).toEqual(before);
  });
});
