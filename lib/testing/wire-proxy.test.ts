import pg from 'pg';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database';
import { type Held, startWireProxy, type WireProxy } from './wire-proxy';

let database: TestDatabase;
let proxy: WireProxy;
/** Straight to the server: what is true there. */
let direct: pg.Client;
let client: pg.Client;

beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await startWireProxy(database.url);
  direct = await database.connect();
  await direct.query('CREATE TABLE marks (n int)');
  client = await open('a run');
  return async () => {
    client.connection.stream.destroy();
    await direct.end();
    await proxy.close();
    await database.drop();
  };
});

async function open(name: string): Promise<pg.Client> {
  const opened = new pg.Client({ connectionString: proxy.url, application_name: name });
  opened.on('error', () => undefined);
  await opened.connect();
  return opened;
}

const marks = async () =>
  (await direct.query<{ n: number }>('SELECT n FROM marks ORDER BY n')).rows.map(({ n }) => n);

/** What becomes of a query that may never be answered. */
function told(query: Promise<unknown>): Promise<string> {
  return query.then(
    () => 'answered',
    () => 'failed',
  );
}

async function inTransaction(n: number): Promise<void> {
  await client.query('BEGIN');
  await client.query('INSERT INTO marks VALUES ($1)', [n]);
}

describe('the proxy', () => {
  it('passes both protocols on, large answers, errors and two sessions at once', async () => {
    const second = await open('another');
    const [simple, extended, large] = await Promise.all([
      client.query('SELECT 1 AS n; SELECT 2 AS n'),
      second.query('SELECT $1::int AS n', [3]),
      second.query("SELECT repeat('x', 3000000) AS t"),
    ]);
    expect((simple as unknown as pg.QueryResult[]).map(({ rows }) => rows[0].n)).toEqual([1, 2]);
    expect(extended.rows).toEqual([{ n: 3 }]);
    expect(large.rows[0].t).toHaveLength(3_000_000);
    await expect(client.query('SELECT nothing')).rejects.toMatchObject({ code: '42703' });
    await second.end();
    await expect.poll(() => proxy.open()).toBe(1);
  });

  it.each<[string, 'before' | 'answered', keyof Held, string, number[]]>([
    ['COMMIT reaches the server late', 'before', 'forward', 'answered', [1]],
    ['COMMIT never reaches the server, and the connection breaks', 'before', 'cut', 'failed', []],
    ['COMMIT is in and its answer comes late', 'answered', 'forward', 'answered', [1]],
    ['COMMIT is in and the connection breaks', 'answered', 'cut', 'failed', [1]],
  ])('%s', async (_what, when, then, heard, there) => {
    const held = proxy.hold({ session: /^a run$/, statement: /^COMMIT$/, when });
    await inTransaction(1);
    const commit = told(client.query('COMMIT'));
    const at = await held;
    expect(at).toMatchObject({ application: 'a run', statement: 'COMMIT' });
    expect(await marks()).toEqual(when === 'answered' ? [1] : []);
    (at[then] as () => void)();
    expect(await commit).toBe(heard);
    await expect.poll(marks).toEqual(there);
  });

  it('loses an answer and keeps the connection', async () => {
    const held = proxy.hold({ statement: /^COMMIT$/, when: 'answered' });
    await inTransaction(1);
    let answered = false;
    const commit = told(client.query('COMMIT')).then((what) => {
      answered = what === 'answered';
    });
    (await held).drop();
    expect(await marks()).toEqual([1]);
    expect(await (await open('later')).query('SELECT 1')).toMatchObject({ rowCount: 1 });
    expect(answered).toBe(false);
    expect(proxy.open(/^a run$/)).toBe(1);
    proxy.cut();
    await commit;
    expect(answered).toBe(false);
  });

  it('swallows what both sides say, and tells the server nothing of a client that has gone', async () => {
    await inTransaction(1);
    proxy.silence(/^a run$/);
    client.connection.stream.destroy();
    const other = await open('another');
    expect((await other.query('SELECT 1')).rowCount).toBe(1);
    const { rows } = await direct.query(
      "SELECT state FROM pg_stat_activity WHERE application_name = 'a run'",
    );
    expect(rows).toEqual([{ state: 'idle in transaction' }]);
    await other.end();
  });

  it('counts the statements of a session, by Parse as well as by Query', async () => {
    const held = proxy.hold({ session: /^a run$/, nth: 3, when: 'before' });
    await client.query('SELECT 1');
    await client.query('SELECT $1::int', [2]);
    const third = client.query('SELECT $1::text', ['three']);
    const at = await held;
    expect(at.statement).toBe('SELECT $1::text');
    at.forward();
    expect((await third).rowCount).toBe(1);
  });

  it('refuses for a while, cuts what is open, and slows down', async () => {
    proxy.cut();
    await expect(client.query('SELECT 1')).rejects.toThrow();
    proxy.refuse(true);
    await expect(open('refused')).rejects.toThrow();
    proxy.refuse(false);
    const again = await open('again');
    const quick = performance.now();
    await again.query('SELECT 1');
    const plain = performance.now() - quick;
    proxy.slow(60);
    const slow = performance.now();
    await again.query('SELECT 1');
    expect(performance.now() - slow).toBeGreaterThan(Math.min(plain, 20) + 60);
    await again.end();
  });
});
