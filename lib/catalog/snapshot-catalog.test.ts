import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { diffCatalogs, fingerprint, snapshotCatalog } from './index';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

const SCHEMA = `
  CREATE TYPE mood AS ENUM ('good', 'bad');
  CREATE DOMAIN email AS text CHECK (value ~ '@');
  CREATE TABLE rooms (id serial PRIMARY KEY, "Name" text NOT NULL, mood mood DEFAULT 'good');
  CREATE TABLE tasks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id int NOT NULL REFERENCES rooms ON DELETE CASCADE,
    due_date timestamptz DEFAULT '2026-01-02 03:04:05+00',
    span interval DEFAULT '1 day 2 hours',
    weight float8 DEFAULT 0.1,
    raw bytea DEFAULT '\\xdeadbeef',
    CHECK (weight > 0)
  );
  CREATE INDEX tasks_due ON tasks (due_date DESC) WHERE due_date > '2026-01-01 00:00:00+00';
  CREATE TABLE days (day timestamptz) PARTITION BY RANGE (day);
  CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01 00:00:00+00') TO (MAXVALUE);
  CREATE VIEW open_tasks AS SELECT t.id, r."Name" FROM tasks t JOIN rooms r ON r.id = t.room_id;
`;

const TRACKING = `
  CREATE SCHEMA drizzle;
  CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
`;

const FENCE = `
  CREATE FUNCTION drizzle.backstep_fence_refuse() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'fence'; END $$;
  CREATE TRIGGER backstep_fence BEFORE INSERT ON drizzle.__drizzle_migrations
    FOR EACH STATEMENT EXECUTE FUNCTION drizzle.backstep_fence_refuse();
`;

let databases: TestDatabase[] = [];
let clients: pg.Client[] = [];

async function fresh(sql = SCHEMA): Promise<pg.Client> {
  const database = await createTestDatabase();
  databases.push(database);
  const client = await database.connect();
  clients.push(client);
  await client.query(sql);
  return client;
}

let client: pg.Client;
beforeEach(async () => {
  client = await fresh();
});

afterEach(async () => {
  for (const open of clients) await open.end();
  for (const database of databases) await database.drop();
  clients = [];
  databases = [];
});

const print = async (of: pg.Client) => fingerprint(await snapshotCatalog(of, { tracking }));

async function setting(name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [
    name,
  ]);
  return rows[0]?.value;
}

describe('snapshotCatalog', () => {
  test('one schema built in two databases has one fingerprint', async () => {
    expect(await print(await fresh())).toBe(await print(client));
  });

  test('is the same in any session, whatever its settings', async () => {
    const expected = await print(client);
    await client.query(`
      SET search_path = public, drizzle; SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German';
      SET IntervalStyle = 'iso_8601'; SET extra_float_digits = -3; SET bytea_output = 'escape';
      SET quote_all_identifiers = on`);
    expect(await print(client)).toBe(expected);
  });

  test('tells names qualified, with parents, positions, owners and rights beside the structure', async () => {
    await client.query('GRANT SELECT ON rooms TO PUBLIC');
    const { objects, serverVersionNum } = await snapshotCatalog(client, { tracking });
    expect(serverVersionNum).toBeGreaterThanOrEqual(120_000);
    expect(objects['column public.rooms."Name"']).toEqual({
      kind: 'column',
      name: 'public.rooms."Name"',
      parent: 'public.rooms',
      position: 2,
      attributes: { type: 'text', not_null: true },
    });
    expect(objects['column public.rooms.mood']?.attributes).toEqual({
      type: 'public.mood',
      default: "'good'::public.mood",
    });
    expect(objects['sequence public.rooms_id_seq']).toMatchObject({
      parent: 'public.rooms',
      attributes: { owned_by: 'public.rooms.id', maximum: '2147483647' },
    });
    const rooms = objects['table public.rooms'];
    expect(rooms?.owner).toBe('backstep');
    expect(rooms?.acl).toEqual(['=r/backstep', expect.stringMatching(/^backstep=/)]);
    // The index behind a key is the constraint.
    expect(objects['constraint public.rooms.rooms_pkey']?.attributes.definition).toBe(
      'PRIMARY KEY (id)',
    );
    expect(objects).not.toHaveProperty(['index public.rooms_pkey']);
  });

  test('survives being stored as JSON', async () => {
    const snapshot = await snapshotCatalog(client, { tracking });
    const stored: typeof snapshot = JSON.parse(JSON.stringify(snapshot));
    expect(fingerprint(stored)).toBe(fingerprint(snapshot));
  });

  test('a column dropped and added again differs in nothing but its place', async () => {
    const before = await snapshotCatalog(client, { tracking });
    await client.query(
      'ALTER TABLE tasks DROP span; ALTER TABLE tasks ADD span interval DEFAULT $$1 day 2 hours$$',
    );
    const after = await snapshotCatalog(client, { tracking });
    expect(fingerprint(after)).toBe(fingerprint(before));
    expect(diffCatalogs(before, after)).toEqual([]);
    const place = 'column public.tasks.span';
    expect(after.objects[place]?.position).not.toBe(before.objects[place]?.position);
  });

  test.each([
    ['in a schema of its own', TRACKING, FENCE, tracking],
    [
      'in public',
      TRACKING.replace('CREATE SCHEMA drizzle;', '').replaceAll('drizzle.__', 'public.__'),
      FENCE.replaceAll('drizzle.', 'public.'),
      { schema: 'public', table: '__drizzle_migrations' },
    ],
    [
      'under another name',
      TRACKING.replaceAll('__drizzle_migrations', '"Done It"'),
      FENCE.replaceAll('__drizzle_migrations', '"Done It"'),
      { schema: 'drizzle', table: 'Done It' },
    ],
  ])('the tracking table %s and the fence do not count', async (_where, table, fence, own) => {
    const without = fingerprint(await snapshotCatalog(client, { tracking: own }));
    await client.query(table);
    expect(fingerprint(await snapshotCatalog(client, { tracking: own }))).toBe(without);
    await client.query(fence);
    expect(fingerprint(await snapshotCatalog(client, { tracking: own }))).toBe(without);
    const other = { schema: 'drizzle', table: 'another' };
    expect(fingerprint(await snapshotCatalog(client, { tracking: other }))).not.toBe(without);
  });

  test('other tables beside the tracking table count', async () => {
    await client.query(TRACKING);
    const before = await snapshotCatalog(client, { tracking });
    await client.query('CREATE TABLE drizzle.other (id int)');
    const after = await snapshotCatalog(client, { tracking });
    expect(diffCatalogs(before, after).map(({ name }) => name)).toEqual([
      'drizzle.other',
      'drizzle.other.id',
    ]);
  });

  test('sees the changes of the transaction it is in, and leaves it as it was', async () => {
    const before = await print(client);
    await client.query('BEGIN');
    await client.query("SET LOCAL search_path = 'public'; SET LOCAL TimeZone = 'Asia/Tokyo'");
    await client.query('ALTER TABLE rooms ADD COLUMN later int');
    const inside = await snapshotCatalog(client, { tracking, inTransaction: true });
    expect(inside.objects).toHaveProperty(['column public.rooms.later']);
    expect(await setting('search_path')).toBe('public');
    expect(await setting('TimeZone')).toBe('Asia/Tokyo');
    await client.query('ALTER TABLE rooms ADD COLUMN still_open int');
    await client.query('ROLLBACK');
    expect(await print(client)).toBe(before);
  });

  test('notices by itself that a transaction is open', async () => {
    await client.query('BEGIN');
    await client.query('CREATE TABLE mine ()');
    const { objects } = await snapshotCatalog(client, { tracking });
    expect(objects).toHaveProperty(['table public.mine']);
    await client.query('ROLLBACK');
    expect((await snapshotCatalog(client, { tracking })).objects).not.toHaveProperty([
      'table public.mine',
    ]);
  });

  test('a setting of the session comes back after the transaction', async () => {
    await client.query("SET search_path = 'public'");
    await client.query('BEGIN');
    await client.query("SET search_path = 'drizzle'");
    await snapshotCatalog(client, { tracking });
    await client.query('COMMIT');
    expect(await setting('search_path')).toBe('drizzle');
    await snapshotCatalog(client, { tracking });
    expect(await setting('search_path')).toBe('drizzle');
    expect(client.getTransactionStatus()).toBe('I');
  });

  test('a failure leaves no transaction open', async () => {
    const other = await databases[0]?.connect();
    if (other) clients.push(other);
    // To print a view, PostgreSQL locks the tables that it reads.
    await other?.query('BEGIN; LOCK TABLE rooms IN ACCESS EXCLUSIVE MODE');
    await client.query("SET lock_timeout = '20ms'");
    await expect(snapshotCatalog(client, { tracking })).rejects.toMatchObject({ code: '55P03' });
    expect(client.getTransactionStatus()).toBe('I');
    await other?.query('ROLLBACK');
    expect((await snapshotCatalog(client, { tracking })).objects).toHaveProperty([
      'view public.open_tasks',
    ]);
  });

  test('a failed transaction of the caller stays the caller’s', async () => {
    await client.query('BEGIN');
    await expect(client.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(snapshotCatalog(client, { tracking })).rejects.toMatchObject({ code: '25P02' });
    expect(client.getTransactionStatus()).toBe('E');
    await client.query('ROLLBACK');
  });

  test('a role without any rights reads the same', async () => {
    const expected = await print(client);
    const role = `reader_${databases[0]?.name}`;
    await client.query(`CREATE ROLE ${role}; SET ROLE ${role}`);
    expect(await print(client)).toBe(expected);
    await client.query(`RESET ROLE; DROP ROLE ${role}`);
  });

  describe('while somebody else changes the schema', () => {
    /** A client on which `meanwhile` happens after the snapshot is taken and before the catalogs are read. */
    function interrupted(meanwhile: () => Promise<unknown>): pg.Client {
      return new Proxy(client, {
        get(target, property) {
          const value: unknown = Reflect.get(target, property, target);
          if (property !== 'query') return typeof value === 'function' ? value.bind(target) : value;
          return async (sql: string) => {
            if (sql.includes('pg_class')) await meanwhile();
            return target.query(sql);
          };
        },
      });
    }

    const DROPS = [
      ['an index', 'DROP INDEX public.tasks_due', 'index public.tasks_due'],
      ['a view', 'DROP VIEW public.open_tasks', 'view public.open_tasks'],
      ['a table', 'DROP TABLE public.rooms CASCADE', 'table public.rooms'],
    ] as const;

    test.each(DROPS)('reads again when %s is gone', async (_what, drop, key) => {
      const database = databases[0];
      const other = await database?.connect();
      if (other) clients.push(other);
      let dropped = false;
      const racing = interrupted(async () => {
        if (!dropped) await other?.query(drop);
        dropped = true;
      });
      const { objects } = await snapshotCatalog(racing, { tracking });
      expect(dropped).toBe(true);
      expect(objects).not.toHaveProperty([key]);
      expect(objects).toHaveProperty(['type public.mood']);
    });

    test('says so when it does not stop', async () => {
      await client.query('CREATE TABLE busy (a int); CREATE INDEX busy_0 ON busy (a)');
      const other = await databases[0]?.connect();
      if (other) clients.push(other);
      let turn = 0;
      const racing = interrupted(async () => {
        turn += 1;
        await other?.query(`DROP INDEX busy_${turn - 1}; CREATE INDEX busy_${turn} ON busy (a)`);
      });
      await expect(snapshotCatalog(racing, { tracking })).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(turn).toBe(3);
      expect(client.getTransactionStatus()).toBe('I');
    });
  });
});
