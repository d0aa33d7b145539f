import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { startWireProxy, type WireProxy } from '@/lib/testing/wire-proxy';
import type { RunSession } from './run-session';
import { WATCH_TIMES } from './session-watch';
import { type WatchedSession, watchedSession } from './watched-session.fixture';

const RUN = /^backstep run /;
const WATCH = /^backstep watch /;
/** As patient as a busy test machine needs, and no more. */
const TIMES = { everyMs: 100, answerMs: 1_000, connectMs: 1_000 };

let database: TestDatabase;
let watched: WatchedSession;
let proxy: WireProxy;
let session: RunSession;

beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await startWireProxy(database.url);
  watched = await watchedSession(database, proxy.url, TIMES);
  session = watched.session;
});

afterEach(async () => {
  await watched.close();
  await proxy.close();
  await database.drop();
});

/** Looks from beside the proxy. */
async function directly<T>(sql: string): Promise<T[]> {
  const client = await database.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

const stateOf = async (pid: number) =>
  (await directly<{ state: string }>(`SELECT state FROM pg_stat_activity WHERE pid = ${pid}`))[0]
    ?.state;

/** The number of a second connection that works; another one after it was opened again. */
const watchPid = async () =>
  (await session.watch.ask<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]?.pid;

const cutOff = /Connection terminated|ECONNRESET/;

describe('a target that goes silent without closing', () => {
  it('is noticed within a quarter of a minute', () => {
    const { everyMs, answerMs, connectMs } = WATCH_TIMES;
    expect(everyMs + answerMs + connectMs).toBeLessThanOrEqual(15_000);
  });

  it('is noticed where no new connection answers', async () => {
    const asked = session.client.query('SELECT pg_sleep(600)');
    proxy.silence();
    proxy.slow(600_000);
    await expect(asked).rejects.toThrow(cutOff);
  });

  it('is noticed where new connections are closed at once', async () => {
    const asked = session.client.query('SELECT pg_sleep(600)');
    proxy.silence();
    proxy.refuse(true);
    await expect(asked).rejects.toThrow(cutOff);
  });

  it('is noticed where only the run’s own answer was lost', async () => {
    const held = proxy.hold({ session: RUN, statement: /pg_sleep/, when: 'answered' });
    const asked = session.client.query('SELECT pg_sleep(0)');
    (await held).silence();
    await expect(asked).rejects.toThrow(cutOff);
  });

  it('is noticed where the server has ended the session and nobody told us', async () => {
    const asked = session.client.query('SELECT pg_sleep(600)');
    await expect.poll(() => stateOf(session.pid)).toBe('active');
    proxy.silence(RUN);
    await directly(`SELECT pg_terminate_backend(${session.pid})`);
    await expect(asked).rejects.toThrow(cutOff);
  });
});

describe('a statement that takes long', () => {
  const slow = () => session.client.query<{ n: number }>('SELECT 1 AS n FROM pg_sleep(3)');

  it('is waited for', async () => {
    expect((await slow()).rows).toEqual([{ n: 1 }]);
  });

  it('is waited for while the second connection is lost and opened again', async () => {
    const asked = slow();
    const first = await watchPid();
    proxy.silence(WATCH);
    expect((await asked).rows).toEqual([{ n: 1 }]);
    await expect.poll(() => watchPid().catch(() => first)).not.toBe(first);
  });

  it('is waited for while the server lets nobody else in', async () => {
    const asked = slow();
    const admin = await createTestDatabase();
    const client = await admin.connect();
    await client.query(`ALTER DATABASE ${database.name} ALLOW_CONNECTIONS false`);
    proxy.cut(WATCH);
    expect((await asked).rows).toEqual([{ n: 1 }]);
    await client.query(`ALTER DATABASE ${database.name} ALLOW_CONNECTIONS true`);
    await client.end();
    await admin.drop();
  });

  it('is waited for while connections are refused for a moment', async () => {
    const asked = session.client.query('SELECT pg_sleep(1)');
    proxy.refuse(true);
    proxy.cut(WATCH);
    expect((await asked).rowCount).toBe(1);
  });

  it('is no matter to a run that asks nothing at the moment: it is not cut', async () => {
    await session.client.query('BEGIN');
    proxy.refuse(true);
    proxy.cut(WATCH);
    // Longer than a run that waits for an answer would be left.
    await directly('SELECT pg_sleep(2.5)');
    proxy.refuse(false);
    await expect.poll(() => watchPid().catch(() => undefined)).toBeDefined();
    expect((await session.client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  });
});

describe('a cancel', () => {
  it('is delivered at once', async () => {
    const asked = session.client.query('SELECT pg_sleep(600)');
    await expect.poll(() => stateOf(session.pid)).toBe('active');
    const cancelled = expect(asked).rejects.toMatchObject({ code: '57014' });
    await session.watch.cancel();
    await cancelled;
  });

  it('is delivered by another connection when the second one has died', async () => {
    const asked = session.client.query('SELECT pg_sleep(600)');
    await expect.poll(() => stateOf(session.pid)).toBe('active');
    proxy.silence(WATCH);
    void session.watch.cancel();
    await expect(asked).rejects.toMatchObject({ code: '57014' });
  });

  it('meets no other session that has been given the same process number', async () => {
    const other = await database.connect();
    const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    Object.assign(session.watch, {
      session: { client: session.client, pid: rows[0]?.pid, backendStart: '2020-01-01T00:00:00Z' },
    });
    const asked = other.query('SELECT 1 AS n FROM pg_sleep(0.5)');
    await session.watch.cancel();
    expect((await asked).rows).toEqual([{ n: 1 }]);
    await other.end();
  });
});

describe('both connections', () => {
  it('are known by installation, rollback and epoch', async () => {
    const rows = await directly<{ name: string }>(
      'SELECT application_name AS name FROM pg_stat_activity WHERE datname = current_database() ORDER BY 1',
    );
    const names = rows.map(({ name }) => name).filter((name) => RUN.test(name) || WATCH.test(name));
    expect(names).toHaveLength(2);
    expect(names[0]).toMatch(/^backstep run [0-9a-f]{8}\/7\/1$/);
    expect(names[1]).toMatch(/^backstep watch [0-9a-f]{8}\/7\/1$/);
  });

  it('let the server notice a silent client within a quarter of a minute', async () => {
    const { rows } = await session.client.query<Record<string, string>>(
      `SELECT current_setting('tcp_keepalives_idle')::int + current_setting('tcp_keepalives_interval')::int
            * current_setting('tcp_keepalives_count')::int AS seconds,
            current_setting('tcp_user_timeout') AS unacknowledged`,
    );
    expect(rows).toEqual([{ seconds: 14, unacknowledged: '15000' }]);
  });
});
