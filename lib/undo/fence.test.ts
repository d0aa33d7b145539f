import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { drizzle as drizzle1 } from 'drizzle-orm-1/node-postgres';
import { migrate as migrate1 } from 'drizzle-orm-1/node-postgres/migrator';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapshotCatalog } from '@/lib/catalog';
import { readFence, readFenceState } from '@/lib/target';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { raiseFenceSql, releaseFenceSql } from './fence';

const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };
const UPS = [
  'CREATE TABLE rooms (id int PRIMARY KEY);',
  'CREATE TABLE guests (id int PRIMARY KEY);',
  'CREATE TABLE stays (id int PRIMARY KEY);',
];

/** An image of the application: a migrations folder of so many migrations, and the migrator that boots it. */
interface Image {
  boot(client: pg.Client): Promise<void>;
}

const VERSIONS = {
  'drizzle-orm 0.45': async (folder: string, count: number): Promise<Image> => {
    await mkdir(path.join(folder, 'meta'), { recursive: true });
    const entries = UPS.slice(0, count).map((_, idx) => ({
      idx,
      version: '7',
      when: 1_738_575_677_000 + idx * 60_000,
      tag: `000${idx}_step`,
      breakpoints: true,
    }));
    for (const { idx, tag } of entries) {
      await writeFile(path.join(folder, `${tag}.sql`), UPS[idx] ?? '');
    }
    const journal = { version: '7', dialect: 'postgresql', entries };
    await writeFile(path.join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
    return { boot: (client) => migrate(drizzle(client), { migrationsFolder: folder }) };
  },
  'drizzle-orm 1.0': async (folder: string, count: number): Promise<Image> => {
    for (const [idx, up] of UPS.slice(0, count).entries()) {
      const place = path.join(folder, `2025020309412${idx}_step_${idx}`);
      await mkdir(place, { recursive: true });
      await writeFile(path.join(place, 'migration.sql'), up);
    }
    return {
      async boot(client) {
        await migrate1(drizzle1({ client }), { migrationsFolder: folder });
      },
    };
  },
};

let database: TestDatabase;
let home: string;
let client: pg.Client;
beforeEach(async () => {
  database = await createTestDatabase();
  home = await mkdtemp(path.join(tmpdir(), 'backstep-fence-'));
  client = await database.connect();
});
afterEach(async () => {
  await client.end();
  await database.drop();
  await rm(home, { recursive: true });
});

async function raise(rollback = 'RB-0007') {
  await client.query('BEGIN');
  for (const sql of raiseFenceSql(TRACKING, { rollback, head: '0001_step' })) {
    await client.query(sql);
  }
  await client.query('COMMIT');
}

const refusals = async () => (await readFenceState(client, TRACKING)).refusals;

async function tables() {
  const { rows } = await client.query<{ tablename: string }>(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  return rows.map(({ tablename }) => tablename);
}

describe.each(Object.entries(VERSIONS))('an image with %s', (_name, imageOf) => {
  let older: Image;
  let newer: Image;
  beforeEach(async () => {
    older = await imageOf(path.join(home, 'older'), 2);
    newer = await imageOf(path.join(home, 'newer'), 3);
    await older.boot(client);
    await raise();
  });

  it('is refused when it brings a migration more, and counted each time', async () => {
    for (const time of [1, 2, 3]) {
      await expect(newer.boot(client)).rejects.toMatchObject({
        cause: { code: '55000', message: expect.stringContaining('RB-0007 took this database') },
      });
      expect(await refusals()).toBe(time);
    }
    expect(await tables()).toEqual(['guests', 'rooms']);
  });

  it('is refused and counted by each of several that boot at once', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => database.connect()));
    const boots = await Promise.allSettled(clients.map((each) => newer.boot(each)));
    await Promise.all(clients.map((each) => each.end()));
    expect(boots.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    expect(await refusals()).toBe(5);
    expect(await tables()).toEqual(['guests', 'rooms']);
  });

  it('boots when it has nothing to apply', async () => {
    await older.boot(client);
    expect(await refusals()).toBe(0);
  });

  it('waits while a step holds the tracking table, and is refused then', async () => {
    const step = await database.connect();
    await step.query('BEGIN');
    await step.query('LOCK TABLE drizzle.__drizzle_migrations IN SHARE ROW EXCLUSIVE MODE');
    const booting = newer.boot(client);
    const refused = expect(booting).rejects.toMatchObject({ cause: { code: '55000' } });
    await expect
      .poll(async () => {
        const { rows } = await step.query(
          'SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE NOT l.granted AND d.datname = current_database()',
        );
        return rows.length;
      })
      .toBe(1);
    await step.query('COMMIT');
    await step.end();
    await refused;
    expect(await tables()).toEqual(['guests', 'rooms']);
  });

  it('applies again when the fence is released, of which nothing stays', async () => {
    for (const sql of releaseFenceSql(TRACKING)) await client.query(sql);
    await newer.boot(client);
    expect(await tables()).toEqual(['guests', 'rooms', 'stays']);
    const { rows } = await client.query(
      "SELECT relname FROM pg_class WHERE relname LIKE 'backstep%' UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'backstep%'",
    );
    expect(rows).toEqual([]);
  });
});

it('is no part of the schema that is compared', async () => {
  const older = await VERSIONS['drizzle-orm 0.45'](path.join(home, 'older'), 2);
  await older.boot(client);
  const without = await snapshotCatalog(client, { tracking: TRACKING });
  await raise();
  expect(await snapshotCatalog(client, { tracking: TRACKING })).toEqual(without);
});

describe('the count', () => {
  let newer: Image;
  beforeEach(async () => {
    const imageOf = VERSIONS['drizzle-orm 0.45'];
    await (await imageOf(path.join(home, 'older'), 2)).boot(client);
    newer = await imageOf(path.join(home, 'newer'), 3);
    await raise();
    await newer.boot(client).catch(() => undefined);
  });

  it('goes on when the same rollback raises its fence again', async () => {
    await raise();
    expect(await refusals()).toBe(1);
  });

  it('begins anew with another rollback', async () => {
    await raise('RB-0008');
    expect(await refusals()).toBe(0);
    expect(await readFence(client, TRACKING)).toEqual({
      headTag: '0001_step',
      rollback: 'RB-0008',
    });
  });

  it('is not needed for a refusal', async () => {
    await client.query('DROP SEQUENCE drizzle.backstep_fence_refusals');
    await expect(newer.boot(client)).rejects.toMatchObject({ cause: { code: '55000' } });
    expect(await refusals()).toBeNull();
  });

  it('is kept by a role that may do nothing but migrate', async () => {
    const role = `fence_app_${Date.now()}`;
    await client.query(`CREATE ROLE ${role}`);
    try {
      await client.query(
        `GRANT USAGE, CREATE ON SCHEMA drizzle, public TO ${role}; GRANT SELECT, INSERT ON drizzle.__drizzle_migrations TO ${role}; GRANT USAGE ON SEQUENCE drizzle.__drizzle_migrations_id_seq TO ${role}`,
      );
      await client.query(`SET ROLE ${role}`);
      const insert = client.query(
        "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('x', 1)",
      );
      await expect(insert).rejects.toMatchObject({ code: '55000' });
      await client.query('RESET ROLE');
      expect(await refusals()).toBe(2);
    } finally {
      await client.query('RESET ROLE');
      await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});
