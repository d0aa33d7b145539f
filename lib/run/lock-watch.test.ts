import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Blocker } from '@/lib/core/events';
import { startTemporaryServer } from '@/lib/embedded/temporary-server';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { watchLocks } from './lock-watch';
import type { RunSession } from './run-session';
import { type WatchedSession, watchedSession } from './watched-session.fixture';

interface Told {
  blockers: Blocker[];
  queued: number;
  at: number;
}

let database: TestDatabase;
let watched: WatchedSession;
let session: RunSession;
let told: Told[];
let end: () => void;
let others: pg.Client[];

async function watch(on: TestDatabase): Promise<void> {
  database = on;
  watched = await watchedSession(database);
  session = watched.session;
  told = [];
  others = [];
  end = watchLocks(session, (blockers, queued) =>
    told.push({ blockers, queued, at: performance.now() }),
  );
  await session.client.query('CREATE TABLE rooms (id int); CREATE TABLE tasks (id int)');
  await session.client.query('INSERT INTO rooms VALUES (1)');
}

async function leave(): Promise<void> {
  end();
  await Promise.all(others.map((client) => client.end()));
  await watched.close();
  await database.drop();
}

async function other(sql: string): Promise<pg.Client> {
  const client = await database.connect();
  others.push(client);
  await client.query(sql);
  return client;
}

const toldOf = (n: number) => expect.poll(() => told.length, { timeout: 15_000 }).toBe(n);

describe('a run that waits for a lock', () => {
  beforeEach(async () => watch(await createTestDatabase()));
  afterEach(leave);

  it('tells who is in the way, since when, from where, and with which lock', async () => {
    const holder = await other(
      "SET application_name = 'night job'; BEGIN; SELECT * FROM rooms; SELECT * FROM tasks",
    );
    const { rows } = await holder.query<{ pid: number; started: string; who: string }>(
      `SELECT pid, current_user AS who, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS started
         FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
    );
    const altered = session.client.query('ALTER TABLE rooms ADD COLUMN name text');
    await toldOf(1);
    expect(told[0]?.blockers).toEqual([
      {
        pid: rows[0]?.pid,
        applicationName: 'night job',
        user: rows[0]?.who,
        state: 'idle in transaction',
        query: expect.stringContaining('pg_stat_activity'),
        transactionAgeMs: expect.any(Number),
        stateAgeMs: expect.any(Number),
        backendStart: rows[0]?.started,
        client: '127.0.0.1',
        holds: ['ACCESS SHARE on public.rooms'],
      },
    ]);
    expect(told[0]?.blockers[0]?.transactionAgeMs).toBeGreaterThan(0);
    await holder.query('COMMIT');
    await altered;
    await toldOf(2);
    expect(told[1]).toMatchObject({ blockers: [], queued: 0 });
  });

  it('says so where it is a row that somebody else has changed', async () => {
    const holder = await other('BEGIN; UPDATE rooms SET id = 2');
    const updated = session.client.query('UPDATE rooms SET id = 3');
    await toldOf(1);
    expect(told[0]?.blockers[0]?.holds).toEqual(['rows that its open transaction has changed']);
    await holder.query('COMMIT');
    await updated;
  });

  it('counts everybody who waits behind it, also those who wait for others who do', async () => {
    const holder = await other('BEGIN; SELECT * FROM rooms');
    const altered = session.client.query('ALTER TABLE rooms ADD COLUMN name text');
    await toldOf(1);
    const behind = await other('BEGIN; LOCK TABLE tasks');
    const read = behind.query('SELECT * FROM rooms');
    const further = (await other('SELECT 1')).query('SELECT * FROM tasks');
    await expect.poll(() => told.at(-1)?.queued, { timeout: 10_000 }).toBe(2);
    await holder.query('COMMIT');
    await altered;
    await read;
    await behind.query('COMMIT');
    await further;
  });

  it('tells again after five seconds, with other ages, and not before', async () => {
    const holder = await other('BEGIN; SELECT * FROM rooms');
    const altered = session.client.query('ALTER TABLE rooms ADD COLUMN name text');
    await toldOf(2);
    const [first, second] = told;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(4_990);
    const age = (one: Told | undefined) => one?.blockers[0]?.transactionAgeMs ?? 0;
    expect(age(second) - age(first)).toBeGreaterThan(4_000);
    await holder.query('COMMIT');
    await altered;
  });

  it('tells at once when the one in the way does something else', async () => {
    const holder = await other('BEGIN; SELECT * FROM rooms');
    const altered = session.client.query('ALTER TABLE rooms ADD COLUMN name text');
    await toldOf(1);
    const busy = holder.query('SELECT pg_sleep(1.5)');
    await toldOf(2);
    expect(told.map(({ blockers }) => blockers[0]?.state)).toEqual([
      'idle in transaction',
      'active',
    ]);
    expect((told[1]?.at ?? 0) - (told[0]?.at ?? 0)).toBeLessThan(4_000);
    await busy;
    await holder.query('COMMIT');
    await altered;
  });
});

it('tells of a prepared transaction how to end it', async () => {
  const server = await startTemporaryServer({ max_prepared_transactions: '2' });
  try {
    await watch(await createTestDatabase({ server: server.url }));
    const holder = await other("BEGIN; SELECT * FROM rooms; PREPARE TRANSACTION 'it''s open'");
    const altered = session.client.query('ALTER TABLE rooms ADD COLUMN name text');
    await toldOf(1);
    expect(told[0]?.blockers).toMatchObject([
      {
        pid: 0,
        state: 'prepared',
        query: "ROLLBACK PREPARED 'it''s open'",
        holds: ['ACCESS SHARE on public.rooms'],
      },
    ]);
    expect(told[0]?.blockers[0]).not.toHaveProperty('backendStart');
    await holder.query("ROLLBACK PREPARED 'it''s open'");
    await altered;
    end();
    await holder.end();
    await watched.close();
  } finally {
    await server.stop();
  }
});
