import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { snapshotCatalog } from '@/lib/catalog';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { SchemaReader } from './schema-reader';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

let database: TestDatabase;
let session: pg.Client;
let opened: pg.Client[];

beforeAll(async () => {
  database = await createTestDatabase();
  session = await database.connect();
  await session.query('CREATE TABLE shelf (id int PRIMARY KEY, label text)');
});
afterAll(async () => {
  await session.end();
  await database.drop();
});
beforeEach(() => {
  opened = [];
});
afterEach(async () => {
  await session.query('ROLLBACK');
});

async function open(): Promise<pg.Client> {
  const client = await database.connect();
  client.on('error', () => undefined);
  opened.push(client);
  return client;
}

const expected = async () => (await snapshotCatalog(session, { tracking })).objects;

it('reads what was committed before it was asked, on one connection of its own', async () => {
  const reader = new SchemaReader(session, open, tracking);
  expect((await reader.read({ whole: true })).objects).toEqual(await expected());
  for (const sql of ['ALTER TABLE shelf ADD COLUMN a int', 'ALTER TABLE shelf DROP COLUMN a']) {
    await session.query(sql);
    reader.readAhead({ whole: false });
    expect((await reader.read({ whole: false })).objects).toEqual(await expected());
  }
  expect(opened).toHaveLength(1);
  await reader.end();
});

it('reads on the run’s session when it is given no connection', async () => {
  const reader = new SchemaReader(
    session,
    () => Promise.reject(new Error('no room for another')),
    tracking,
  );
  expect((await reader.read({ whole: true })).objects).toEqual(await expected());
  expect((await reader.read({ whole: false })).objects).toEqual(await expected());
  await reader.end();
});

it('reads on the run’s session when its own is ended between two readings', async () => {
  const reader = new SchemaReader(session, open, tracking);
  await reader.read({ whole: true });
  await session.query(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'",
  );
  await session.query('CREATE INDEX shelf_label ON shelf (label)');
  expect((await reader.read({ whole: false })).objects).toEqual(await expected());
  expect(opened).toHaveLength(1);
  await reader.end();
});

it('does not wait for a connection that has gone silent', async () => {
  // The server behind it answers, but nothing of it arrives.
  const silent = async () => {
    const client = await open();
    return new Proxy(client, {
      get: (target, name) =>
        name === 'query' ? () => new Promise(() => undefined) : Reflect.get(target, name, target),
    });
  };
  const reader = new SchemaReader(session, silent, tracking, 20);
  expect((await reader.read({ whole: false })).objects).toEqual(await expected());
  await reader.end();
});
