import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { readFence, readIdentity, readTracking } from '.';

const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

beforeEach(async () => {
  await client.query('ROLLBACK');
  await client.query(
    'DROP SCHEMA IF EXISTS drizzle CASCADE; DROP SCHEMA IF EXISTS "odd ""one" CASCADE',
  );
});

async function createTracking(): Promise<void> {
  await client.query(`
    CREATE SCHEMA drizzle;
    CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
    INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('aa', 1738575677204), ('bb', 9007199254740993)`);
}

describe('the tracking table', () => {
  it('is read by id, and keeps numbers that JavaScript can’t', async () => {
    await createTracking();
    expect(await readTracking(client, TRACKING)).toEqual([
      { id: 1, hash: 'aa', createdAt: '1738575677204' },
      { id: 2, hash: 'bb', createdAt: '9007199254740993' },
    ]);
  });

  it('is read with names and times where drizzle 1.0 has written them', async () => {
    await createTracking();
    await client.query(`
      SET TIME ZONE 'Asia/Tokyo'; SET datestyle = 'SQL, DMY';
      ALTER TABLE drizzle.__drizzle_migrations ADD COLUMN name text, ADD COLUMN applied_at timestamptz DEFAULT now();
      UPDATE drizzle.__drizzle_migrations SET name = '20250203090117_init', applied_at = NULL WHERE id = 1;
      UPDATE drizzle.__drizzle_migrations SET applied_at = '2026-02-03T04:05:06.789Z' WHERE id = 2`);
    expect(await readTracking(client, TRACKING)).toEqual([
      { id: 1, hash: 'aa', createdAt: '1738575677204', name: '20250203090117_init' },
      { id: 2, hash: 'bb', createdAt: '9007199254740993', appliedAt: '2026-02-03T04:05:06.789Z' },
    ]);
    await client.query('RESET ALL');
  });

  it('leaves out columns of those names that are something else', async () => {
    await createTracking();
    await client.query(`
      ALTER TABLE drizzle.__drizzle_migrations ADD COLUMN name text, ADD COLUMN applied_at text DEFAULT 'soon';
      ALTER TABLE drizzle.__drizzle_migrations DROP COLUMN name`);
    expect((await readTracking(client, TRACKING))[0]).toEqual({
      id: 1,
      hash: 'aa',
      createdAt: '1738575677204',
    });
  });

  it('may have any name', async () => {
    await client.query(`
      CREATE SCHEMA "odd ""one";
      CREATE TABLE "odd ""one"."Applied; --" (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
      INSERT INTO "odd ""one"."Applied; --" (hash, created_at) VALUES ('cc', 7)`);
    expect(await readTracking(client, { schema: 'odd "one', table: 'Applied; --' })).toEqual([
      { id: 1, hash: 'cc', createdAt: '7' },
    ]);
  });

  it('is refused when it is absent, and the transaction of the caller lives on', async () => {
    await client.query('BEGIN');
    await expect(readTracking(client, TRACKING)).rejects.toMatchObject({
      code: 'tracking_table_absent',
      message: expect.stringMatching(
        /no table drizzle\.__drizzle_migrations.*never migrated this database/,
      ),
    });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('is refused with the names of tables that look like it', async () => {
    await createTracking();
    await expect(
      readTracking(client, { schema: 'public', table: '__drizzle_migrations' }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('It does have drizzle.__drizzle_migrations'),
    });
  });

  it('is refused when it is another sort of table, or a row is not complete', async () => {
    await client.query('CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (n int)');
    await expect(readTracking(client, TRACKING)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('columns id, hash and created_at'),
    });
    await client.query('DROP SCHEMA drizzle CASCADE');
    await createTracking();
    await client.query("INSERT INTO drizzle.__drizzle_migrations (hash) VALUES ('dd')");
    await expect(readTracking(client, TRACKING)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('Row 3 of drizzle.__drizzle_migrations has no created_at'),
    });
  });

  it('is refused when the role may not read it', async () => {
    await createTracking();
    const role = `reader_${database.name}`;
    await client.query(`CREATE ROLE ${role}; SET ROLE ${role}`);
    try {
      await expect(readTracking(client, TRACKING)).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining('may not read drizzle.__drizzle_migrations'),
      });
    } finally {
      await client.query(`RESET ROLE; DROP ROLE ${role}`);
    }
  });
});

describe('the fence', () => {
  const raise = (comment: string | null) =>
    client.query(`
      CREATE FUNCTION drizzle.backstep_fence() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE; END';
      CREATE TRIGGER backstep_fence BEFORE INSERT ON drizzle.__drizzle_migrations
        FOR EACH STATEMENT EXECUTE FUNCTION drizzle.backstep_fence();
      COMMENT ON TRIGGER backstep_fence ON drizzle.__drizzle_migrations IS ${comment ?? 'NULL'}`);

  it('is not up in a database without one, or without a tracking table', async () => {
    expect(await readFence(client, TRACKING)).toBeNull();
    await createTracking();
    expect(await readFence(client, TRACKING)).toBeNull();
  });

  it('says which rollback raised it, and for which head', async () => {
    await createTracking();
    await raise(`'{"rollback":"RB-0001","head":"0032_x"}'`);
    expect(await readFence(client, TRACKING)).toEqual({ rollback: 'RB-0001', headTag: '0032_x' });
  });

  it('is up although its comment is lost or not ours', async () => {
    for (const comment of [null, `'hands off'`, `'[1]'`, `'{"head":7}'`]) {
      await client.query('DROP SCHEMA IF EXISTS drizzle CASCADE');
      await createTracking();
      await raise(comment);
      expect(await readFence(client, TRACKING)).toEqual({ rollback: null, headTag: null });
    }
  });

  it('is no fence while it is disabled', async () => {
    await createTracking();
    await raise(null);
    await client.query('ALTER TABLE drizzle.__drizzle_migrations DISABLE TRIGGER backstep_fence');
    expect(await readFence(client, TRACKING)).toBeNull();
  });
});

describe('the identity', () => {
  it('tells cluster, database, version and role', async () => {
    const identity = await readIdentity(client);
    expect(identity).toMatchObject({ name: database.name, inRecovery: false, user: 'backstep' });
    expect(identity.systemIdentifier).toMatch(/^\d{15,}$/);
    expect(identity.serverVersion).toMatch(/^\d+(\.\d+)?$/);
    expect(Math.trunc(identity.serverVersionNum / 10_000)).toBe(
      Number.parseInt(identity.serverVersion, 10),
    );
  });

  it('is told to an ordinary role too', async () => {
    const role = `plain_${database.name}`;
    await client.query(`CREATE ROLE ${role}; SET ROLE ${role}`);
    try {
      expect(await readIdentity(client)).toMatchObject({ name: database.name, user: role });
    } finally {
      await client.query(`RESET ROLE; DROP ROLE ${role}`);
    }
  });
});
