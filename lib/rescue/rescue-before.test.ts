import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapshotCatalog } from '@/lib/catalog';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { dropRescueCopies, readRescueCopies } from '.';
import { mergeAll, ROLLBACK, rowsIn, runWithCopies } from './rescue.fixture';

const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };

let database: TestDatabase;
let client: pg.Client;
const roles: string[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  await client.query(`
    CREATE TABLE rooms (id int PRIMARY KEY, name text, topic text);
    INSERT INTO rooms SELECT n, 'room ' || n, 'topic' FROM generate_series(1, 3) n`);
});

afterEach(async () => {
  await client.query('RESET ROLE');
  for (const role of roles.splice(0)) {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
  await client.end();
  await database.drop();
});

/** Roles belong to the whole server: each bears the name of its test's database. */
async function makeRole(suffix: string, rights = ''): Promise<string> {
  const role = `${database.name}_${suffix}`;
  await client.query(`CREATE ROLE ${role} ${rights}`);
  roles.push(role);
  return role;
}

const relations = async () => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'backstep_rescue' AND c.relkind = 'r' ORDER BY c.oid`,
  );
  return rows.map(({ name }) => name);
};

describe('a copy on the target', () => {
  it('tells in its comment where it comes from', async () => {
    const copies = await runWithCopies(client, [
      "UPDATE rooms SET name = 'x' WHERE id < 3",
      'ALTER TABLE rooms DROP COLUMN topic',
    ]);
    const found = await readRescueCopies(client, ROLLBACK);
    expect(found).toEqual([
      {
        rollback: ROLLBACK,
        position: 0,
        statementIndex: 0,
        kind: 'rows',
        subject: 'values of column public.rooms.name',
        copy: 'backstep_rescue.rb_0007_s1_1',
        rows: 2,
        bytes: expect.any(Number),
        mergeSql: expect.stringContaining('UPDATE ONLY public.rooms'),
        createdAt: expect.stringMatching(/^20.*Z$/),
      },
      {
        rollback: ROLLBACK,
        position: 0,
        statementIndex: 1,
        kind: 'columns',
        subject: 'column public.rooms.topic',
        copy: 'backstep_rescue.rb_0007_s1_2',
        rows: 3,
        bytes: expect.any(Number),
        mergeSql: expect.any(String),
        createdAt: expect.any(String),
      },
    ]);
    expect(found[0]?.bytes).toBeGreaterThan(0);
    expect(copies).toEqual(
      found.map(({ kind, subject, copy, rows, bytes, mergeSql }) => ({
        kind,
        subject,
        copy,
        rows,
        bytes,
        mergeSql,
      })),
    );
    expect(await readRescueCopies(client, 'RB-0008')).toEqual([]);
  });

  it('is gone with the step that is undone', async () => {
    await expect(
      runWithCopies(client, ['ALTER TABLE rooms DROP COLUMN topic', 'SELECT 1 / 0']),
    ).rejects.toThrow(/division by zero/);
    expect(await relations()).toEqual([]);
    expect(await readRescueCopies(client)).toEqual([]);
    const { rows } = await client.query(
      "SELECT FROM pg_namespace WHERE nspname = 'backstep_rescue'",
    );
    expect(rows).toEqual([]);
  });

  it('gets the next free number, as when a step is resumed', async () => {
    await runWithCopies(client, ["UPDATE rooms SET name = 'x'"]);
    await runWithCopies(client, ["UPDATE rooms SET name = 'y'"]);
    await runWithCopies(client, ["UPDATE rooms SET name = 'z'"], { position: 11 });
    expect(await relations()).toEqual(['rb_0007_s1_1', 'rb_0007_s1_2', 'rb_0007_s12_1']);
  });

  it('goes on over statements of the same kind, and keeps what was there first', async () => {
    const copies = await runWithCopies(client, [
      "UPDATE rooms SET name = 'x' WHERE id = 1",
      "UPDATE rooms SET name = 'y' WHERE id = 1",
      "UPDATE rooms SET name = 'z' WHERE id < 3",
      'ALTER TABLE rooms ALTER id TYPE bigint',
      "UPDATE rooms SET name = 'a' WHERE id = 3",
      'DELETE FROM rooms WHERE id = 2',
      'DELETE FROM rooms WHERE id = 3',
    ]);
    expect(copies.map(({ copy, rows }) => `${copy.slice(-4)} ${rows}`)).toEqual([
      's1_1 1',
      's1_1 2',
      's1_2 1',
      's1_3 1',
      's1_3 2',
    ]);
    expect(await rowsIn(client, ['backstep_rescue.rb_0007_s1_1'])).toEqual([
      ['backstep_rescue.rb_0007_s1_1(1,"room 1")', 'backstep_rescue.rb_0007_s1_1(2,"room 2")'],
    ]);
    expect(
      (await readRescueCopies(client)).map(({ statementIndex, rows }) => [statementIndex, rows]),
    ).toEqual([
      [0, 2],
      [4, 1],
      [5, 2],
    ]);
    await mergeAll(client);
    expect(await rowsIn(client, ['rooms'])).toEqual([
      ['rooms(1,"room 1",topic)', 'rooms(2,"room 2",topic)', 'rooms(3,"room 3",topic)'],
    ]);
  });

  it('is no part of the schema', async () => {
    const before = await snapshotCatalog(client, { tracking: TRACKING });
    await runWithCopies(client, ["UPDATE rooms SET name = 'x'"]);
    expect(await relations()).toHaveLength(1);
    expect(await snapshotCatalog(client, { tracking: TRACKING })).toEqual(before);
  });

  it('is nobody else’s, whatever rights the role gives by default', async () => {
    const reader = await makeRole('reader');
    await client.query(
      `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${reader}, PUBLIC; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO ${reader}`,
    );
    await runWithCopies(client, ['DROP TABLE rooms']);
    const { rows } = await client.query<{ may: boolean }>(
      "SELECT has_table_privilege($1, 'backstep_rescue.rb_0007_s1_1', 'SELECT') AS may",
      [reader],
    );
    expect(rows[0]?.may).toBe(false);
  });

  it('is not made where there is nothing to copy', async () => {
    await client.query(`CREATE TABLE "empty" (id int, note text); CREATE TEMP TABLE scrap (id int);
      INSERT INTO scrap VALUES (1); CREATE VIEW names AS SELECT name FROM rooms; CREATE INDEX by_name ON rooms (name)`);
    expect(
      await runWithCopies(client, [
        'ALTER TABLE "empty" DROP COLUMN note',
        'DROP TABLE IF EXISTS absent, "empty"',
        'DELETE FROM scrap',
        'DROP TABLE scrap',
        'DROP INDEX by_name',
        'DROP VIEW names CASCADE',
        'DELETE FROM rooms WHERE id > 100',
        'ALTER TABLE rooms ALTER name TYPE varchar',
        'ALTER TABLE rooms ADD more int',
        "INSERT INTO rooms VALUES (4, 'x') ON CONFLICT DO NOTHING",
      ]),
    ).toEqual([]);
  });

  it('holds rows of the tracking table never', async () => {
    await client.query(`CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text);
      INSERT INTO drizzle.__drizzle_migrations (hash) VALUES ('a')`);
    const copies = await runWithCopies(
      client,
      ["DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'a'"],
      { tracking: TRACKING },
    );
    expect(copies).toEqual([]);
  });

  it('is found by names as the session resolves them', async () => {
    await client.query(
      'CREATE SCHEMA app; CREATE TABLE app.rooms (id int PRIMARY KEY, topic text); INSERT INTO app.rooms VALUES (1)',
    );
    await client.query('SET search_path = app, public');
    const copies = await runWithCopies(client, ['ALTER TABLE rooms DROP COLUMN topic']);
    expect(copies.map(({ subject }) => subject)).toEqual(['column app.rooms.topic']);
  });

  it('keeps texts that every session reads alike, however this one prints', async () => {
    await client.query(`CREATE TYPE visit AS (at date, lasted interval, share float8);
      CREATE TABLE visits (id int PRIMARY KEY, v visit); INSERT INTO visits VALUES (1, ROW('2026-02-03', '-1 day 2 hours', 1.0/3)::visit);
      SET datestyle = 'SQL, DMY'; SET intervalstyle = sql_standard; SET extra_float_digits = -5`);
    await runWithCopies(client, ['ALTER TABLE visits DROP COLUMN v']);
    expect(await rowsIn(client, ['backstep_rescue.rb_0007_s1_1'])).toEqual([
      ['backstep_rescue.rb_0007_s1_1(1,"(2026-02-03,""-1 days +02:00:00"",0.3333333333333333)")'],
    ]);
    const { rows } = await client.query("SELECT current_setting('datestyle') AS style");
    expect(rows).toEqual([{ style: 'SQL, DMY' }]);
  });

  it('sees what the same transaction did before', async () => {
    await runWithCopies(client, [
      "UPDATE rooms SET topic = 'new' WHERE id = 1",
      'ALTER TABLE rooms DROP COLUMN topic',
    ]);
    expect(await rowsIn(client, ['backstep_rescue.rb_0007_s1_2'])).toEqual([
      [
        'backstep_rescue.rb_0007_s1_2(1,new)',
        'backstep_rescue.rb_0007_s1_2(2,topic)',
        'backstep_rescue.rb_0007_s1_2(3,topic)',
      ],
    ]);
  });

  it('takes the locks first, so that nobody changes rows in between', async () => {
    const other = await database.connect();
    await client.query('BEGIN');
    const { rescueBefore } = await import('.');
    await rescueBefore(client, {
      rollback: ROLLBACK,
      position: 0,
      limitBytes: 1e9,
      statement: { index: 0, text: 'DELETE FROM rooms WHERE id = 1' },
    });
    await other.query("SET lock_timeout = '50ms'");
    await expect(other.query("UPDATE rooms SET name = 'late'")).rejects.toThrow(/lock timeout/);
    expect((await other.query('SELECT FROM rooms')).rowCount).toBe(3);
    await client.query('ROLLBACK');
    await other.end();
  });
});

describe('what stops the step', () => {
  it('is a copy that would take more than allowed', async () => {
    await client.query(
      'INSERT INTO rooms SELECT n, repeat(md5(n::text), 20) FROM generate_series(10, 3000) n; ANALYZE rooms',
    );
    await expect(
      runWithCopies(client, ['DROP TABLE rooms'], { limitBytes: 1024 * 1024 }),
    ).rejects.toThrow(
      /^With the table public\.rooms, the rescue copies would take about \d MB, and rescue_max_mb allows 1\. Raise rescue_max_mb in the policy, or run without a rescue copy\.$/,
    );
    expect((await client.query('SELECT FROM rooms')).rowCount).toBe(2994);
  });

  it('is a copy that has become larger than the planner thought', async () => {
    // Text of a composite type takes more than the type itself, and nothing is known of the rows.
    await client.query(`CREATE TYPE pair AS (a int, b int); CREATE TABLE pairs (p pair);
      ALTER TABLE pairs SET (autovacuum_enabled = off)`);
    await client.query(
      'INSERT INTO pairs SELECT ROW(123456789, 123456789)::pair FROM generate_series(1, 500)',
    );
    await client.query('CREATE TABLE one (n int); INSERT INTO one VALUES (1); ANALYZE one');
    await expect(
      runWithCopies(client, ['ALTER TABLE pairs DROP COLUMN p'], { limitBytes: 30_000 }),
    ).rejects.toThrow(/rescue_max_mb/);
  });

  it('is what all copies of the rollback take together', async () => {
    await client.query(
      'INSERT INTO rooms SELECT n, repeat(md5(n::text), 20) FROM generate_series(10, 500) n; ANALYZE rooms',
    );
    const limitBytes = 700_000;
    await runWithCopies(client, ["UPDATE rooms SET name = name || 'x'"], { limitBytes });
    await expect(
      runWithCopies(client, ["UPDATE rooms SET name = name || 'y'"], { limitBytes, position: 1 }),
    ).rejects.toThrow(/would take about 1 MB/);
    // Another rollback's are counted for themselves.
    await runWithCopies(client, ["UPDATE rooms SET name = name || 'y'"], {
      limitBytes,
      rollback: 'RB-0070',
    });
  });

  it('is row security that hides rows from the role', async () => {
    const owner = await makeRole('owner');
    await client.query(`GRANT CREATE ON DATABASE ${database.name} TO ${owner};
      GRANT ALL ON SCHEMA public TO ${owner}; ALTER TABLE rooms OWNER TO ${owner};
      ALTER TABLE rooms ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY own ON rooms USING (id = 1); SET ROLE ${owner}`);
    await expect(runWithCopies(client, ['DROP TABLE rooms'])).rejects.toThrow(
      'Row-level security hides rows of public.rooms from the role of the run',
    );
  });

  it('is a role that may not make the schema', async () => {
    const owner = await makeRole('owner');
    await client.query(
      `GRANT ALL ON SCHEMA public TO ${owner}; ALTER TABLE rooms OWNER TO ${owner}; SET ROLE ${owner}`,
    );
    await expect(runWithCopies(client, ['DROP TABLE rooms'])).rejects.toThrow(
      /may not make the schema backstep_rescue/,
    );
  });

  it('is a publication that would send the copy to subscribers', async () => {
    await client.query('CREATE PUBLICATION everything FOR ALL TABLES');
    await expect(runWithCopies(client, ['DROP TABLE rooms'])).rejects.toThrow(
      /A publication FOR ALL TABLES/,
    );
  });

  it('is what the server says to the statement itself', async () => {
    await client.query('CREATE VIEW names AS SELECT topic FROM rooms');
    await expect(
      runWithCopies(client, ['ALTER TABLE rooms DROP COLUMN topic']),
    ).rejects.toMatchObject({ code: '2BP01' });
  });

  it('is a lock that somebody else holds, in a code block, too', async () => {
    const other = await database.connect();
    await other.query('BEGIN; LOCK TABLE rooms IN ACCESS SHARE MODE');
    await client.query("SET lock_timeout = '50ms'");
    await expect(
      runWithCopies(client, ['DO $$ BEGIN DROP TABLE rooms; END $$']),
    ).rejects.toMatchObject({ code: '55P03' });
    await other.end();
  });
});

describe('what is not copied is said', () => {
  async function said(...statements: string[]): Promise<string[]> {
    const sentences: string[] = [];
    await runWithCopies(client, statements, {
      notRescued: (sentence) => sentences.push(sentence),
    });
    return sentences;
  }

  it('rows out of sight', async () => {
    await client.query(`
      CREATE FUNCTION sweep() RETURNS void LANGUAGE sql AS 'DELETE FROM public.rooms WHERE id = 3';
      CREATE VIEW names AS SELECT id, name FROM rooms;
      CREATE SEQUENCE numbers;
      CREATE TABLE codes (code text PRIMARY KEY);
      CREATE TABLE uses (code text REFERENCES codes ON UPDATE CASCADE);
      CREATE TYPE pair AS (a int, b int)`);
    expect(
      await said(
        'SELECT sweep(), now(), random()',
        "UPDATE names SET name = 'x'",
        'DROP SEQUENCE numbers',
        "UPDATE codes SET code = 'y'",
        'ALTER TYPE pair DROP ATTRIBUTE b',
        "DO $$ BEGIN EXECUTE 'DELETE FROM ' || 'rooms'; END $$",
        'CREATE INDEX ON rooms (name)',
      ),
    ).toEqual([
      'The statement calls the function sweep: what that destroys is not copied.',
      'public.names is a view: the rows behind it are not copied.',
      'The value at which the sequence public.numbers stands is not copied.',
      'uses refers to the changed key of public.codes with ON UPDATE: its values are not copied.',
      'What columns of the type pair hold in the attribute is not copied.',
      'The statement runs SQL that is put together when it runs: what that destroys is not copied.',
    ]);
  });

  it('and nothing where all is', async () => {
    expect(
      await said(
        'UPDATE rooms SET name = lower(name), topic = now()::text WHERE id = 1',
        'ALTER TABLE rooms DROP COLUMN topic',
        'DROP TABLE rooms',
      ),
    ).toEqual([]);
  });
});

describe('dropping copies', () => {
  it('drops exactly these, and the schema with the last', async () => {
    await runWithCopies(client, ["UPDATE rooms SET name = 'x'", "UPDATE rooms SET topic = 'y'"]);
    await dropRescueCopies(client, [
      'backstep_rescue.rb_0007_s1_1',
      'backstep_rescue.rb_0007_s1_9',
    ]);
    expect(await relations()).toEqual(['rb_0007_s1_2']);
    await dropRescueCopies(client, ['backstep_rescue.rb_0007_s1_2']);
    const { rows } = await client.query(
      "SELECT FROM pg_namespace WHERE nspname = 'backstep_rescue'",
    );
    expect(rows).toEqual([]);
    await dropRescueCopies(client, ['backstep_rescue.rb_0007_s1_2']);
  });

  it('leaves the schema to a role for which it had to be made', async () => {
    const owner = await makeRole('owner');
    await client.query(`CREATE SCHEMA backstep_rescue AUTHORIZATION ${owner};
      GRANT ALL ON SCHEMA public TO ${owner}; ALTER TABLE rooms OWNER TO ${owner}; SET ROLE ${owner}`);
    for (const name of ['x', 'y']) {
      await runWithCopies(client, [`UPDATE rooms SET name = '${name}'`]);
      await dropRescueCopies(client, ['backstep_rescue.rb_0007_s1_1']);
      expect(await relations()).toEqual([]);
    }
  });

  it('leaves what somebody else has put beside them', async () => {
    await runWithCopies(client, ["UPDATE rooms SET name = 'x'"]);
    await client.query(
      'CREATE TABLE backstep_rescue.mine (id int); CREATE FUNCTION backstep_rescue.f() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
    );
    await client.query(`COMMENT ON TABLE backstep_rescue.mine IS '{"format": 1}'`);
    expect(await readRescueCopies(client)).toHaveLength(1);
    await dropRescueCopies(client, ['backstep_rescue.rb_0007_s1_1']);
    expect(await relations()).toEqual(['mine']);
  });

  it('refuses names outside of the schema', async () => {
    for (const name of ['public.rooms', 'rooms', 'backstep_rescue.a.b', 'backstep_rescue.']) {
      await expect(dropRescueCopies(client, [name])).rejects.toThrow(/is no rescue copy/);
    }
    expect(await rowsIn(client, ['rooms'])).toHaveLength(1);
    await client.query('SELECT FROM public.rooms');
  });
});
