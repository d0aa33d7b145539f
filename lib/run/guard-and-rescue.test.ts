import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents, tables } from '@/lib/control';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { takeOverLapsedRuns } from '.';
import {
  createRunRoom,
  EXECUTOR,
  lapse,
  newestRun,
  type ReadyRollback,
  type RunRoom,
} from './run.fixture';

/** What is written down with a commit, besides the step itself. */
let rooms: RunRoom;

beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());

const fencesOf = (ready: ReadyRollback) =>
  ready.system.db.select().from(tables.fences).where(eq(tables.fences.rollbackId, ready.id));

const rescuesOf = (ready: ReadyRollback) =>
  ready.system.db
    .select()
    .from(tables.rescues)
    .where(eq(tables.rescues.rollbackId, ready.id))
    .orderBy(tables.rescues.id);

async function withData(ready: ReadyRollback): Promise<void> {
  await ready.sample.sql(
    "INSERT INTO orders VALUES (1, 'by hand'); INSERT INTO coupons VALUES ('TEN')",
  );
}

async function notesKept(ready: ReadyRollback): Promise<unknown[]> {
  const copy = (await rescuesOf(ready)).find(({ position }) => position === 1);
  if (!copy) throw new Error('there is no copy of the notes');
  const client = await ready.sample.database.connect();
  const { rows } = await client.query(`SELECT note FROM ${copy.copy}`);
  await client.end();
  return rows;
}

describe('a watch instead of the fence', () => {
  it('is written down with the first step, with why', async () => {
    const ready = await rooms.ready({ policy: { ...DEFAULT_POLICY, fence: false } });
    await ready.run();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    const [fence] = await fencesOf(ready);
    expect(fence).toMatchObject({ kind: 'watch', why: expect.any(String), releasedAt: null });
    const events = await readEvents(ready.system, ready.id);
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'watch.started')).toHaveLength(1);
    expect(kinds).not.toContain('fence.raised');
    expect(events.find(({ kind }) => kind === 'watch.started')?.payload).toEqual({
      headTag: '0001_orders',
      why: fence?.why,
    });
  });
});

describe('rescue copies', () => {
  it('are written down with the step that they belong to', async () => {
    const ready = await rooms.ready();
    await withData(ready);
    await ready.run({}, { rescue: true });
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    const copies = await rescuesOf(ready);
    expect(copies.map(({ position, kind, rows }) => ({ position, kind, rows }))).toEqual([
      { position: 0, kind: 'table', rows: 1 },
      { position: 1, kind: 'columns', rows: 1 },
    ]);
    expect(await notesKept(ready)).toEqual([{ note: 'by hand' }]);
    expect((await ready.kinds()).filter((kind) => kind === 'rescue.copied')).toHaveLength(2);
  });

  it('are not made unless somebody asks', async () => {
    const ready = await rooms.ready();
    await withData(ready);
    await ready.run();
    expect(await rescuesOf(ready)).toEqual([]);
    expect(await ready.kinds()).not.toContain('rescue.copied');
  });

  it('are found again when nobody wrote down that the step was in', async () => {
    const ready = await rooms.ready();
    await withData(ready);
    const control = await rooms.room.room.control.pool.connect();
    await control.query(`
      CREATE FUNCTION backstep.away_${ready.id}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'away'; END $$;
      CREATE TRIGGER away_${ready.id} BEFORE UPDATE ON backstep.rollback_steps FOR EACH ROW
        WHEN (NEW.rollback_id = ${ready.id} AND NEW.position = 1 AND NEW.status = 'committed')
        EXECUTE FUNCTION backstep.away_${ready.id}();`);
    await expect(ready.run({}, { rescue: true })).rejects.toThrow();
    await control.query(`DROP FUNCTION backstep.away_${ready.id}() CASCADE`);
    control.release();
    expect(await rescuesOf(ready)).toHaveLength(1);
    await lapse(ready, await newestRun(ready));
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    expect(await rescuesOf(ready)).toHaveLength(2);
    expect(await notesKept(ready)).toEqual([{ note: 'by hand' }]);
  });

  it('are gone with the step that is undone', async () => {
    const ready = await rooms.ready({
      policy: { ...DEFAULT_POLICY, lock_timeout_ms: 200, step_attempts: 2 },
    });
    await withData(ready);
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM orders');
    await ready.run({}, { rescue: true });
    await blocker.end();
    expect((await rescuesOf(ready)).map(({ position }) => position)).toEqual([0]);
    await ready.resume({}, { rescue: true });
    expect((await rescuesOf(ready)).map(({ position }) => position)).toEqual([0, 1]);
  });
});
