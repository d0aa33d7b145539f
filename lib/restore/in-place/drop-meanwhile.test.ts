import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { dropAlone } from './drop-alone';

let database: TestDatabase;
let [dropper, other, watcher]: pg.Client[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
  [dropper, other, watcher] = await Promise.all([
    database.connect(),
    database.connect(),
    database.connect(),
  ]);
});
afterEach(async () => {
  await Promise.all([dropper, other, watcher].map((client) => client?.end()));
  await database.drop();
});

const WAITING = `SELECT FROM pg_locks WHERE NOT granted AND pid = $1`;

const clients = () => {
  if (!dropper || !other || !watcher) throw new Error('not connected');
  return { dropper, other, watcher };
};

async function oidOf(name: string): Promise<number> {
  const { rows } = await clients().other.query<{ oid: number }>(
    'SELECT oid::int FROM pg_namespace WHERE nspname = $1',
    [name],
  );
  return rows[0]?.oid ?? 0;
}

/** Drops the schema `kept`, in which somebody has begun something: commits it once the drop waits for it. */
async function dropWhile(commit = 'COMMIT'): Promise<string> {
  const { dropper, other, watcher } = clients();
  const oid = await oidOf('kept');
  const pid = (await dropper.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
  const dropped = dropAlone({ client: dropper, watcher }, [{ name: 'kept', oid }]).then(
    () => 'dropped',
    (cause: Error) => cause.message,
  );
  await expect
    .poll(async () => (await watcher.query(WAITING, [pid])).rowCount, { interval: 20 })
    .toBe(1);
  await other.query(commit);
  return dropped;
}

describe('What somebody makes outside while a drop waits', () => {
  it('keeps the schema, and is not taken along: a table that inherits from one of its', async () => {
    const { other, watcher } = clients();
    await other.query('CREATE SCHEMA kept; CREATE TABLE kept.parent (id int)');
    await other.query('BEGIN');
    await other.query('CREATE TABLE public.child () INHERITS (kept.parent)');
    await other.query('INSERT INTO public.child VALUES (1)');
    expect(await dropWhile()).toMatch(/would take along, or break, what is not in there: .*child/);
    expect((await watcher.query('SELECT id FROM public.child')).rows).toEqual([{ id: 1 }]);
  });

  it('keeps the schema, and is neither taken along nor broken: columns of its types', async () => {
    const { other, watcher } = clients();
    // The drop looks at one of the types before it waits for the sequence, and at the other after it.
    await other.query(`
      CREATE SCHEMA kept;
      CREATE TYPE kept.early AS ENUM ('good');
      CREATE SEQUENCE kept.busy;
      CREATE TYPE kept.late AS ENUM ('good')`);
    await other.query('BEGIN');
    await other.query('ALTER SEQUENCE kept.busy INCREMENT 2');
    await other.query(`CREATE TABLE public.diary (one kept.early, two kept.late)`);
    await other.query(`INSERT INTO public.diary VALUES ('good', 'good')`);
    expect(await dropWhile()).toMatch(
      /would take along, or break, what is not in there: (?=.*column one)(?=.*column two)/,
    );
    expect((await watcher.query('SELECT one, two FROM public.diary')).rows).toEqual([
      { one: 'good', two: 'good' },
    ]);
  });

  it('keeps the schema when an operator family of another holds one of its functions', async () => {
    const { other, watcher } = clients();
    await other.query(`
      CREATE SCHEMA kept;
      CREATE TABLE kept.busy (id int);
      CREATE FUNCTION kept.compare(int, text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
      CREATE OPERATOR FAMILY public.mixed USING btree`);
    await other.query('BEGIN');
    await other.query('LOCK TABLE kept.busy IN ROW EXCLUSIVE MODE');
    await other.query(
      'ALTER OPERATOR FAMILY public.mixed USING btree ADD FUNCTION 1 (int, text) kept.compare(int, text)',
    );
    expect(await dropWhile()).toMatch(/would take along, or break, what is not in there: .*mixed/);
    const { rows } = await watcher.query(
      `SELECT count(*)::int AS left FROM pg_amproc p JOIN pg_opfamily f ON f.oid = p.amprocfamily
        WHERE f.opfname = 'mixed'`,
    );
    expect(rows).toEqual([{ left: 1 }]);
  });

  it('does not keep it from being dropped where it has nothing to do with it', async () => {
    const { other } = clients();
    await other.query(
      'CREATE SCHEMA kept; CREATE TABLE kept.busy (id int); CREATE TABLE public.old (id int)',
    );
    await other.query('BEGIN');
    await other.query('LOCK TABLE kept.busy IN ROW EXCLUSIVE MODE');
    await other.query('CREATE TABLE public.fresh (id int); DROP TABLE public.old');
    expect(await dropWhile()).toBe('dropped');
    expect(await oidOf('kept')).toBe(0);
  });
});

describe('A schema that is not the one any more', () => {
  it('is not dropped by its name', async () => {
    const { dropper, other, watcher } = clients();
    await other.query('CREATE SCHEMA kept');
    const oid = await oidOf('kept');
    await other.query('ALTER SCHEMA kept RENAME TO mine; CREATE SCHEMA kept');
    await expect(
      dropAlone({ client: dropper, watcher }, [{ name: 'kept', oid }]),
    ).rejects.toMatchObject({
      code: 'restore_failed',
      message: expect.stringContaining(`kept is not the one (object id ${oid})`),
    });
    expect(await oidOf('mine')).toBe(oid);
    expect(await oidOf('kept')).not.toBe(0);
  });
});
