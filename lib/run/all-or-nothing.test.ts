import { and, eq, sql } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readEvents, tables } from '@/lib/control';
import type { EventKind, EventPayloads } from '@/lib/core/events';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { rowsAfter, undoChain } from '@/lib/undo';
import { cancelRun, takeOverLapsedRuns } from '.';
import { SHOP_ALONE } from './alone.fixture';
import {
  abandon,
  createRunRoom,
  EXECUTOR,
  lapse,
  newestRun,
  type ReadyRollback,
  type RunRoom,
  stepsOf,
  waitFor,
} from './run.fixture';

/** The whole chain in one transaction. */
let rooms: RunRoom;
let control: pg.PoolClient;

beforeAll(async () => {
  rooms = await createRunRoom();
});
beforeEach(async () => {
  control = await rooms.room.room.control.pool.connect();
  return () => control.release(true);
});
afterAll(() => rooms.dispose());

const WHOLE = { allOrNothing: true };

async function payloads<K extends EventKind>(
  ready: ReadyRollback,
  kind: K,
): Promise<EventPayloads[K][]> {
  const events = await readEvents(ready.system, ready.id);
  return events.flatMap((event) =>
    event.kind === kind ? [event.payload as EventPayloads[K]] : [],
  );
}

async function expectUntouched(ready: ReadyRollback): Promise<void> {
  expect(await ready.columns('orders')).toEqual(['id', 'note']);
  expect(await ready.columns('coupons')).toEqual(['code']);
  expect(await ready.trackingRows()).toBe(4);
  const client = await ready.sample.database.connect();
  const fences = await client.query("SELECT FROM pg_trigger WHERE tgname = 'backstep_fence'");
  await client.end();
  expect(fences.rowCount).toBe(0);
}

async function expectAllIn(ready: ReadyRollback): Promise<void> {
  expect(await ready.state()).toMatchObject({
    status: 'succeeded',
    outcome: 'changed_verified',
    stepsDone: 2,
  });
  expect(await ready.columns('orders')).toEqual(['id']);
  expect(await ready.columns('coupons')).toEqual([]);
  expect(await ready.trackingRows()).toBe(2);
  const steps = await stepsOf(ready);
  expect(steps.map(({ status }) => status)).toEqual(['committed', 'committed']);
  expect(steps.every(({ verification }) => verification?.ok)).toBe(true);
}

/** What the rehearsal has kept of the plan, changed. */
async function changeRehearsal(ready: ReadyRollback, path: string, value: string): Promise<void> {
  await ready.system.db
    .update(tables.rehearsals)
    .set({ result: sql`jsonb_set(${tables.rehearsals.result}, ${path}, ${value}::jsonb)` })
    .where(eq(tables.rehearsals.rollbackId, ready.id));
}

/** Performs the chain as an executor does that dies in its COMMIT. */
async function dieInCommit(ready: ReadyRollback, commit: boolean): Promise<void> {
  await abandon(ready, WHOLE);
  const { plan } = await ready.state();
  const client = await ready.sample.database.connect();
  const chain = undoChain(client, {
    steps: plan.steps,
    tracking: plan.tracking,
    expectedRows: rowsAfter(plan.rows, plan.steps, 0),
    settings: { lockTimeoutMs: 1_000, statementTimeoutMs: 1_000, searchPath: 'public' },
    fence: null,
    beforeCommit: async (xid) => {
      for (const status of ['running', 'committing'] as const) {
        await ready.system.db
          .update(tables.rollbackSteps)
          .set({ status, xid })
          .where(eq(tables.rollbackSteps.rollbackId, ready.id));
      }
      if (!commit) throw new Error('the executor dies');
    },
  });
  await (commit ? chain : expect(chain).rejects.toThrow('the executor dies'));
  await client.end();
}

describe('a chain in one transaction', () => {
  it('commits all steps at once, each compared before', async () => {
    const ready = await rooms.ready();
    await ready.run({}, WHOLE);
    await expectAllIn(ready);
    // The schema is read between its steps, which leaves nothing behind.
    expect(await payloads(ready, 'setting.reset')).toEqual([]);
    const steps = await stepsOf(ready);
    expect(new Set(steps.map(({ xid }) => xid)).size).toBe(1);
    const kinds = (await ready.kinds()).filter((kind) => /^step\.(ready|comm)/.test(kind));
    expect(kinds).toEqual([
      'step.ready',
      'step.ready',
      'step.committing',
      'step.committing',
      'step.committed',
      'step.committed',
    ]);
    await expect(ready.sample.migrate()).rejects.toThrow();
  });

  it('leaves nothing when the last step fails, and is tried again as a whole', async () => {
    const ready = await rooms.ready({
      policy: { ...DEFAULT_POLICY, lock_timeout_ms: 200, step_attempts: 2 },
    });
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM orders');
    await ready.run({}, WHOLE);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed', stepsDone: 0 });
    expect(state.outcomeMessage).toMatch(
      /0002_order_note gave up after 2 attempts.*whole transaction was rolled back/,
    );
    expect((await payloads(ready, 'step.undone')).map(({ position }) => position)).toEqual([
      0, 1, 0, 1,
    ]);
    await expectUntouched(ready);
    await blocker.query('COMMIT');
    await blocker.end();
    await ready.resume({}, WHOLE);
    await expectAllIn(ready);
  });

  it('undoes everything where the schema is not the rehearsed one', async () => {
    const ready = await rooms.ready();
    await changeRehearsal(ready, '{steps,1,fingerprintAfter}', '"another"');
    await changeRehearsal(ready, '{steps,1,changes}', '[]');
    await ready.run({}, WHOLE);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed', stepsDone: 0 });
    expect(state.outcomeMessage).toMatch(/schema after 0002_order_note is not the rehearsed one/);
    expect((await payloads(ready, 'step.ready')).at(-1)).toMatchObject({
      position: 1,
      verification: { ok: false, how: 'different', differences: [{ name: expect.any(String) }] },
    });
    await expectUntouched(ready);
  });

  it('is cancelled as a whole', async () => {
    const ready = await rooms.ready({ policy: { ...DEFAULT_POLICY, lock_timeout_ms: 60_000 } });
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM orders');
    const run = ready.run({}, WHOLE);
    await waitFor(ready, 'lock.waiting');
    await cancelRun(ready.ctx, { rollback: ready.label });
    await run;
    await blocker.end();
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    expect(state.outcomeMessage).toMatch(/^Cancelled\./);
    await expectUntouched(ready);
  });

  it('is not offered for the one step that is left', async () => {
    const ready = await rooms.ready({
      policy: { ...DEFAULT_POLICY, lock_timeout_ms: 200, step_attempts: 1 },
    });
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM orders');
    await ready.run();
    await blocker.end();
    expect(await ready.state()).toMatchObject({ status: 'stopped', stepsDone: 1 });
    await expect(ready.resume({}, WHOLE)).rejects.toMatchObject({ code: 'gate_closed' });
  });
});

describe('one transaction is refused', () => {
  it('where a statement runs alone', async () => {
    const ready = await rooms.ready({}, undefined, SHOP_ALONE);
    await expect(ready.run({}, WHOLE)).rejects.toMatchObject({
      code: 'gate_closed',
      message: expect.stringMatching(/can’t run inside a transaction/),
    });
  });

  it('by the checks before the run, where the rehearsal says by now that it takes long', async () => {
    const ready = await rooms.ready();
    const run = await ready.press(WHOLE);
    await changeRehearsal(ready, '{steps,0,durationMs}', '60000');
    await ready.perform(run);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    expect(state.outcomeMessage).toMatch(/rehearsal took 60 s/);
    await expectUntouched(ready);
  });
});

describe('a chain that breaks off', () => {
  it('is not in when its session ends before COMMIT', async () => {
    const ready = await rooms.ready({ policy: { ...DEFAULT_POLICY, lock_timeout_ms: 60_000 } });
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM orders');
    const run = ready.run({}, WHOLE);
    await waitFor(ready, 'lock.waiting');
    await blocker.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'backstep run %' AND datname = current_database()",
    );
    await run;
    await blocker.end();
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    expect(await payloads(ready, 'run.reconciled')).toMatchObject([
      { position: 0, committed: false },
      { position: 1, committed: false },
    ]);
    await expectUntouched(ready);
    await ready.resume({}, WHOLE);
    await expectAllIn(ready);
  });

  it('is all in when only the record of its COMMIT was lost', async () => {
    const ready = await rooms.ready();
    await control.query(`
      CREATE FUNCTION backstep.away_${ready.id}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'away'; END $$;
      CREATE TRIGGER away_${ready.id} BEFORE UPDATE ON backstep.rollback_steps FOR EACH ROW
        WHEN (NEW.rollback_id = ${ready.id} AND NEW.position = 1 AND NEW.status = 'committed')
        EXECUTE FUNCTION backstep.away_${ready.id}();`);
    await expect(ready.run({}, WHOLE)).rejects.toThrow();
    expect(await ready.state()).toMatchObject({ status: 'running', stepsDone: 0 });
    await control.query(`DROP FUNCTION backstep.away_${ready.id}() CASCADE`);
    await lapse(ready, await newestRun(ready));
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    await expectAllIn(ready);
    const fences = await ready.system.db
      .select()
      .from(tables.fences)
      .where(eq(tables.fences.rollbackId, ready.id));
    expect(fences).toMatchObject([{ kind: 'trigger', releasedAt: null }]);
  });

  it('is none in when its COMMIT was announced and never sent', async () => {
    const ready = await rooms.ready();
    await dieInCommit(ready, false);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    await expectUntouched(ready);
    await ready.resume({}, WHOLE);
    await expectAllIn(ready);
  });

  it('is all in when its COMMIT was sent, and says of which step nobody saw the schema', async () => {
    const ready = await rooms.ready();
    await dieInCommit(ready, true);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({
      status: 'succeeded',
      outcome: 'changed_unverified',
      stepsDone: 2,
    });
    expect((await stepsOf(ready)).map(({ verification }) => verification?.ok ?? null)).toEqual([
      null,
      true,
    ]);
  });
});

describe('a step that was committed and not compared', () => {
  /** The control database goes away when the comparison of this step is to be written down. */
  async function awayAtVerification(ready: ReadyRollback, position: number): Promise<void> {
    const name = `unverified_${ready.id}`;
    await control.query(`
      CREATE FUNCTION backstep.${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'away'; END $$;
      CREATE TRIGGER ${name} BEFORE UPDATE ON backstep.rollback_steps FOR EACH ROW
        WHEN (NEW.rollback_id = ${ready.id} AND NEW.position = ${position} AND NEW.verification IS NOT NULL)
        EXECUTE FUNCTION backstep.${name}();`);
    await expect(ready.run()).rejects.toThrow();
    await control.query(`DROP FUNCTION backstep.${name}() CASCADE`);
    const [step] = await ready.system.db
      .select()
      .from(tables.rollbackSteps)
      .where(
        and(
          eq(tables.rollbackSteps.rollbackId, ready.id),
          eq(tables.rollbackSteps.position, position),
        ),
      );
    expect(step).toMatchObject({ status: 'committed', verification: null });
    await lapse(ready, await newestRun(ready));
    await takeOverLapsedRuns(ready.system, EXECUTOR);
  }

  it('is compared by whoever takes over, between two steps', async () => {
    const ready = await rooms.ready();
    await awayAtVerification(ready, 0);
    expect(await ready.state()).toMatchObject({
      status: 'stopped',
      outcome: 'stopped_clean',
      stepsDone: 1,
    });
    expect((await stepsOf(ready))[0]?.verification).toMatchObject({ ok: true });
    await ready.resume();
    await expectAllIn(ready);
  });

  it('and after the last', async () => {
    const ready = await rooms.ready();
    await awayAtVerification(ready, 1);
    await expectAllIn(ready);
  });
});

// Last: a run that stays unknown lapses again and again, for whoever takes over next.
describe('a chain of which only one row is gone', () => {
  it('stays unknown', async () => {
    const ready = await rooms.ready();
    await dieInCommit(ready, false);
    await ready.sample.sql('DELETE FROM drizzle.__drizzle_migrations WHERE id = 4');
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'unknown', stepsDone: 0 });
    expect(state.outcomeMessage).toMatch(/were one transaction, yet/);
  });
});
