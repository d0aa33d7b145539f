import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents, tables } from '@/lib/control';
import type { EventKind, EventPayloads } from '@/lib/core/events';
import { partsOf } from '@/lib/core/parts';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { rowsAfter, undoPart } from '@/lib/undo';
import { takeOverLapsedRuns } from '.';
import { DOWN, SHOP_ALONE } from './alone.fixture';
import {
  abandon,
  createRunRoom,
  EXECUTOR,
  type ReadyRollback,
  type RunRoom,
  stepsOf,
  waitFor,
} from './run.fixture';

/** Steps with statements that can't run inside a transaction. */
let rooms: RunRoom;

beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());

const fast = { policy: { ...DEFAULT_POLICY, lock_timeout_ms: 300, step_attempts: 2 } };
const readyAlone = (change = {}) => rooms.ready(change, undefined, SHOP_ALONE);

async function indexes(ready: ReadyRollback): Promise<string[]> {
  const client = await ready.sample.database.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END AS name
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary ORDER BY 1`,
  );
  await client.end();
  return rows.map(({ name }) => name);
}

async function payloads<K extends EventKind>(
  ready: ReadyRollback,
  kind: K,
): Promise<EventPayloads[K][]> {
  const events = await readEvents(ready.system, ready.id);
  return events.flatMap((event) =>
    event.kind === kind ? [event.payload as EventPayloads[K]] : [],
  );
}

/** How often each statement of the first step has come to its end. */
async function finishedTimes(ready: ReadyRollback): Promise<number[]> {
  const done = (await payloads(ready, 'statement.finished')).filter(
    ({ position }) => position === 0,
  );
  return DOWN.map((_, index) => done.filter((event) => event.index === index).length);
}

async function expectDone(ready: ReadyRollback): Promise<void> {
  expect(await ready.state()).toMatchObject({
    status: 'succeeded',
    outcome: 'changed_verified',
    stepsDone: 2,
  });
  expect(await ready.columns('orders')).toEqual(['id']);
  expect(await ready.columns('coupons')).toEqual([]);
  expect(await indexes(ready)).toEqual([]);
  expect(await ready.trackingRows()).toBe(2);
}

/** The first step is `done` parts in, and has one in doubt. */
async function inDoubt(
  ready: ReadyRollback,
  step: { partsDone: number; intentPart: number | null; xid?: string },
): Promise<void> {
  for (const status of step.xid ? (['running', 'committing'] as const) : (['running'] as const)) {
    await ready.system.db
      .update(tables.rollbackSteps)
      .set({ status, xid: null, ...step })
      .where(
        and(eq(tables.rollbackSteps.rollbackId, ready.id), eq(tables.rollbackSteps.position, 0)),
      );
  }
}

/** Performs one part as a run does whose executor dies before it can write that down. */
async function performPart(ready: ReadyRollback, index: number, commit = true): Promise<void> {
  const { plan } = await ready.state();
  const [step] = plan.steps;
  const part = step && partsOf(step.statements)[index];
  if (!part) throw new Error('there is no such part');
  const client = await ready.sample.database.connect();
  const work = undoPart(
    client,
    {
      step,
      tracking: plan.tracking,
      expectedRows: rowsAfter(plan.rows, plan.steps, 0),
      settings: { lockTimeoutMs: 1_000, statementTimeoutMs: 1_000, searchPath: 'public' },
      fence: index === 0 ? { rollback: ready.label, head: plan.to.tag } : null,
      hooks: {
        beforeCommit: async (xid) => {
          await inDoubt(ready, { partsDone: index, intentPart: index, xid });
          if (!commit) throw new Error('the executor dies');
        },
      },
    },
    part,
    { sentBefore: false },
  );
  await (commit ? work : expect(work).rejects.toThrow('the executor dies'));
  await client.end();
}

describe('a step in several parts', () => {
  it('commits each, takes the row with the last, and is what was rehearsed', async () => {
    const ready = await readyAlone();
    await ready.run();
    await expectDone(ready);
    expect((await payloads(ready, 'part.committed')).map(({ part }) => part)).toEqual([0, 1, 2]);
    expect(await payloads(ready, 'statement.intent')).toEqual([
      { position: 0, index: 1 },
      { position: 0, index: 2 },
    ]);
    expect(await finishedTimes(ready)).toEqual([1, 1, 1, 1]);
    expect((await stepsOf(ready))[0]).toMatchObject({ partsDone: 4, intentPart: null });
    const audit = (await rooms.room.audit(ready.label)).map((row) => row.action);
    expect(audit.filter((action) => action === 'run.part')).toHaveLength(3);
    expect(audit.filter((action) => action === 'fence.raise')).toHaveLength(1);
  });

  it('stops inside, says what is in, and finishes an index that was left INVALID', async () => {
    const ready = await readyAlone(fast);
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; INSERT INTO orders VALUES (1)');
    await ready.run();
    const stopped = await ready.state();
    expect(stopped).toMatchObject({
      status: 'stopped',
      outcome: 'changed_unverified',
      stepsDone: 0,
    });
    expect(stopped.outcomeMessage).toMatch(/gave up after 2 attempts/);
    expect(stopped.outcomeMessage).toMatch(
      /The first statement of 0003_rollback\.sql is in for good\..*INVALID.*Resume finishes the step\./,
    );
    expect(await indexes(ready)).toEqual(['coupons_code', 'orders_note INVALID']);
    expect((await stepsOf(ready))[0]).toMatchObject({ partsDone: 1, intentPart: 1 });
    expect(await ready.trackingRows()).toBe(4);

    await blocker.query('ROLLBACK');
    await blocker.end();
    await ready.resume();
    await expectDone(ready);
    expect((await payloads(ready, 'statement.probed')).at(-1)).toMatchObject({
      index: 1,
      found: 'unfinished',
    });
    expect(await finishedTimes(ready)).toEqual([1, 1, 1, 1]);
  });

  it('takes away what a failed statement has left, and goes on from there', async () => {
    const unique = 'CREATE UNIQUE INDEX CONCURRENTLY orders_note ON orders (note);';
    const migrations = SHOP_ALONE.map((migration) =>
      migration.tag === '0003_coupons'
        ? { ...migration, down: [DOWN[0], unique, ...DOWN.slice(2)].join('\n') }
        : migration,
    );
    const ready = await rooms.ready({}, undefined, migrations);
    await ready.sample.sql("INSERT INTO orders VALUES (1, 'same'), (2, 'same')");
    await ready.run();
    const stopped = await ready.state();
    expect(stopped).toMatchObject({ status: 'stopped', outcome: 'changed_unverified' });
    expect(stopped.outcomeMessage).toMatch(/failed: .*orders_note/);
    expect(await indexes(ready)).toEqual(['coupons_code']);
    expect((await stepsOf(ready))[0]).toMatchObject({ partsDone: 1, intentPart: null });
    await ready.sample.sql('DELETE FROM orders WHERE id = 2');
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', stepsDone: 2 });
    expect(await finishedTimes(ready)).toEqual([1, 1, 1, 1]);
  });

  it('says what is in when the checks before the resume say no', async () => {
    const ready = await readyAlone(fast);
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; INSERT INTO orders VALUES (1)');
    await ready.run();
    await blocker.end();
    await ready.resume({ confirmBackup: async () => ({ ok: false, reason: 'gone.' }) });
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'changed_unverified' });
    expect(state.outcomeMessage).toMatch(/gone\..*is in for good/);
  });

  it('is settled when its session ends in a statement that runs alone', async () => {
    const ready = await readyAlone({ policy: { ...DEFAULT_POLICY, lock_timeout_ms: 60_000 } });
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; INSERT INTO orders VALUES (1)');
    const run = ready.run();
    await waitFor(ready, 'lock.waiting');
    await blocker.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'backstep run %' AND datname = current_database()",
    );
    await run;
    await blocker.end();
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'changed_unverified' });
    expect(await indexes(ready)).toEqual(['coupons_code', 'orders_note INVALID']);
    await ready.resume();
    await expectDone(ready);
  });
});

describe('a part whose executor died is taken over', () => {
  it('when its transaction was committed: it is not run again', async () => {
    const ready = await readyAlone();
    await abandon(ready);
    await performPart(ready, 0);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'changed_unverified', stepsDone: 0 });
    expect(state.outcomeMessage).toMatch(/first statement of 0003_rollback\.sql is in for good/);
    expect((await stepsOf(ready))[0]).toMatchObject({ partsDone: 1, intentPart: null, xid: null });
    const fences = await ready.system.db
      .select()
      .from(tables.fences)
      .where(eq(tables.fences.rollbackId, ready.id));
    expect(fences).toMatchObject([{ kind: 'trigger', releasedAt: null }]);
    await ready.resume();
    await expectDone(ready);
    expect(await finishedTimes(ready)).toEqual([0, 1, 1, 1]);
  });

  it('when its transaction was rolled back: nothing has changed', async () => {
    const ready = await readyAlone();
    await abandon(ready);
    await performPart(ready, 0, false);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    expect(await ready.columns('coupons')).toEqual(['code', 'extra']);
    await ready.resume();
    await expectDone(ready);
  });

  it('when its statement was never sent', async () => {
    const ready = await readyAlone();
    await abandon(ready);
    await performPart(ready, 0);
    await inDoubt(ready, { partsDone: 1, intentPart: 1 });
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect((await payloads(ready, 'statement.probed')).map(({ found }) => found)).toEqual([
      'not_done',
    ]);
    expect((await stepsOf(ready))[0]).toMatchObject({ partsDone: 1, intentPart: null });
    await ready.resume();
    await expectDone(ready);
  });

  it('when its statement was done', async () => {
    const ready = await readyAlone();
    await abandon(ready);
    await performPart(ready, 0);
    await performPart(ready, 1);
    await inDoubt(ready, { partsDone: 1, intentPart: 1 });
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect((await payloads(ready, 'statement.probed')).map(({ found }) => found)).toEqual(['done']);
    const state = await ready.state();
    expect(state.outcomeMessage).toMatch(/first 2 statements of 0003_rollback\.sql, to line 2/);
    await ready.resume();
    await expectDone(ready);
    expect(await finishedTimes(ready)).toEqual([0, 0, 1, 1]);
  });

  it('when an index was only half dropped', async () => {
    const ready = await readyAlone();
    await abandon(ready);
    for (const part of [0, 1]) await performPart(ready, part);
    await inDoubt(ready, { partsDone: 2, intentPart: 2 });
    await ready.sample.sql(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'coupons_code'::regclass",
    );
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect((await ready.state()).outcomeMessage).toMatch(/coupons_code is INVALID, but not gone/);
    await ready.resume();
    await expectDone(ready);
  });

  it('when it was the last: the step is in', async () => {
    const ready = await readyAlone();
    await abandon(ready);
    for (const part of [0, 1, 2, 3]) await performPart(ready, part);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({
      status: 'stopped',
      outcome: 'stopped_clean',
      stepsDone: 1,
    });
    expect((await stepsOf(ready))[0]).toMatchObject({
      status: 'committed',
      partsDone: 4,
      verification: { ok: true },
    });
    await ready.resume();
    await expectDone(ready);
  });

  it('not when somebody has removed its tracking row', async () => {
    const ready = await readyAlone();
    await abandon(ready);
    await performPart(ready, 0);
    await inDoubt(ready, { partsDone: 1, intentPart: 1 });
    await ready.sample.sql('DELETE FROM drizzle.__drizzle_migrations WHERE id = 4');
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'unknown' });
    expect(state.outcomeMessage).toMatch(/somebody removed it/);
  });
});
