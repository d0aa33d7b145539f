import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { NO_PGBOUNCER, PGBOUNCER, type PoolOptions, startPgBouncer } from '@/lib/testing/pgbouncer';
import { startWireProxy } from '@/lib/testing/wire-proxy';
import { closeTarget, findPooler, openTarget, type Way } from '.';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const opener = (url: string) => () =>
  openTarget({ name: 'pooled', url, readUrl: url }, 'write', { connectMs: 2_000 });

async function wayTo(url: string): Promise<Way> {
  const open = opener(url);
  const client = await open();
  try {
    return await findPooler(client, open);
  } finally {
    await closeTarget(client);
  }
}

async function through(options: PoolOptions): Promise<Way> {
  const pooler = await startPgBouncer(database.url, options);
  try {
    return await wayTo(pooler.url);
  } finally {
    await pooler.stop();
  }
}

describe('without a pooler', () => {
  it('is direct, and the session is left as it was', async () => {
    const open = opener(database.url);
    const client = await open();
    const way = await findPooler(client, open);
    const { rows } = await client.query<{ pid: number; mark: string | null }>(
      "SELECT pg_backend_pid() AS pid, current_setting('backstep.probe', true) AS mark",
    );
    expect(way).toEqual({ kind: 'direct', pid: rows[0]?.pid });
    expect(rows[0]?.mark).toBeNull();
    await closeTarget(client);
  });

  it('is direct through a proxy that only passes bytes on', async () => {
    const proxy = await startWireProxy(database.url);
    expect(await wayTo(proxy.url)).toMatchObject({ kind: 'direct' });
    await proxy.close();
  });
});

describe.skipIf(!PGBOUNCER)(`PgBouncer${PGBOUNCER ? '' : `: ${NO_PGBOUNCER}`}`, () => {
  it.each([
    { size: 1, roundRobin: false },
    { size: 1, roundRobin: true },
    { size: 2, roundRobin: false },
    { size: 2, roundRobin: true },
    { size: 20, roundRobin: false },
    { size: 20, roundRobin: true },
  ])('in transaction mode is found: $size servers, round robin $roundRobin', async (pool) => {
    expect(await through({ mode: 'transaction', ...pool })).toMatchObject({
      kind: 'shared',
      why: expect.stringMatching(/server process|not served/),
    });
  });

  it('in transaction mode is found when others have filled its pool before', async () => {
    const pooler = await startPgBouncer(database.url, { mode: 'transaction', size: 20 });
    const open = opener(pooler.url);
    const others = await Promise.all(Array.from({ length: 8 }, open));
    await Promise.all(others.map((client) => client.query('BEGIN')));
    await others[3]?.query('COMMIT');
    await others[5]?.query('COMMIT');
    expect(await wayTo(pooler.url)).toMatchObject({ kind: 'shared' });
    await Promise.all(others.map(closeTarget));
    await pooler.stop();
  });

  it('in statement mode is found', async () => {
    expect(await through({ mode: 'statement', size: 2 })).toMatchObject({ kind: 'shared' });
  });

  it.each([4, 20])('in session mode with %i servers keeps sessions', async (size) => {
    expect(await through({ mode: 'session', size })).toMatchObject({ kind: 'session' });
  });

  it('in session mode with a full pool is told by those that are served', async () => {
    expect(await through({ mode: 'session', size: 2 })).toMatchObject({ kind: 'session' });
  });

  it('that serves nobody else can’t be judged, and is refused', async () => {
    expect(await through({ mode: 'session', size: 1 })).toMatchObject({
      kind: 'shared',
      why: expect.stringMatching(/no second connection/),
    });
  });
});
