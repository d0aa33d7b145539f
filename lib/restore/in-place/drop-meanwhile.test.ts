import { afterEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { dropAlone } from './drop-alone';

let database: TestDatabase | undefined;
afterEach(async () => {
  await database?.drop();
  database = undefined;
});

const WAITING = `SELECT FROM pg_locks WHERE NOT granted AND pid = $1`;

describe('What somebody makes outside while a drop waits', () => {
  it('keeps the schema, and is not taken along', async () => {
    database = await createTestDatabase();
    const [dropper, other, watcher] = await Promise.all([
      database.connect(),
      database.connect(),
      database.connect(),
    ]);
    try {
      await other.query('CREATE SCHEMA kept; CREATE TABLE kept.parent (id int)');
      await other.query('BEGIN');
      await other.query('CREATE TABLE public.child () INHERITS (kept.parent)');
      await other.query('INSERT INTO public.child VALUES (1)');
      const pid = (await dropper.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]
        ?.pid;
      const dropped = dropAlone(dropper, ['kept']).then(
        () => 'dropped',
        (cause: Error) => cause.message,
      );
      await expect
        .poll(async () => (await watcher.query(WAITING, [pid])).rowCount, { interval: 20 })
        .toBe(1);
      await other.query('COMMIT');
      expect(await dropped).toMatch(/would take along what is not in there: .*child/);
      expect((await watcher.query('SELECT id FROM public.child')).rows).toEqual([{ id: 1 }]);
    } finally {
      await Promise.all([dropper.end(), other.end(), watcher.end()]);
    }
  });
});
