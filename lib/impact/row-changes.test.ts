import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { changesSince, readRowChanges } from './row-changes';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  await client.query('CREATE TABLE rooms (id int); CREATE TABLE messages (id int)');
  await client.query('INSERT INTO rooms SELECT generate_series(1, 10)');
  await flush();
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** A session tells the statistics of what it did when it likes, or when it is told to. */
const flush = () => client.query('SELECT pg_stat_force_next_flush()');

describe('row changes since a snapshot', () => {
  it('are counted by table, the most first', async () => {
    const then = await readRowChanges(client);
    await client.query('INSERT INTO messages SELECT generate_series(1, 30)');
    await client.query('UPDATE rooms SET id = id + 1');
    await client.query('DELETE FROM rooms WHERE id > 6');
    await flush();
    expect(changesSince(then, await readRowChanges(client))).toEqual({
      total: { value: 45, estimate: true, source: 'table statistics' },
      tables: [
        { table: 'public.messages', changes: 30 },
        { table: 'public.rooms', changes: 15 },
      ],
    });
  });

  it('are not known where the statistics were reset, or a table was made anew', async () => {
    const then = await readRowChanges(client);
    await client.query('DROP TABLE messages; CREATE TABLE messages (id int)');
    await client.query('INSERT INTO messages VALUES (1)');
    await flush();
    expect(changesSince(then, await readRowChanges(client)).total).toMatchObject({
      value: null,
      source: 'a table was made anew since',
    });
    await client.query('SELECT pg_stat_reset()');
    expect(changesSince(then, await readRowChanges(client)).total).toMatchObject({
      value: null,
      source: 'the statistics were reset since',
    });
    expect(changesSince(undefined, then).total.value).toBeNull();
  });
});
