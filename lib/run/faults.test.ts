import { eq, sql } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { SHOP } from '@/lib/folders/sample-target.fixture';
import { RUN_LOCK_CLASS } from '@/lib/target';
import { createTestDatabase } from '@/lib/testing/database';
import { performFenceRelease, performRun, releaseFence, takeOverLapsedRuns } from '.';
import {
  abandon,
  createRunRoom,
  DEPS,
  EXECUTOR,
  lapse,
  type ReadyRollback,
  type RunRoom,
  stepsOf,
  waitFor,
} from './run.fixture';
import { EpochLostError, RunRecord } from './run-record';

/** Faults between the target and the control database: each end must be true, and none twice. */
let rooms: RunRoom;
/** A session on the control database that stands in the way. */
let control: pg.PoolClient;

beforeAll(async () => {
  rooms = await createRunRoom();
});
beforeEach(async () => {
  control = await rooms.room.room.control.pool.connect();
  return () => control.release(true);
});
afterAll(() => rooms.dispose());

const runOf = async (ready: ReadyRollback) => {
  const [run] = await ready.system.db
    .select()
    .from(tables.runs)
    .where(eq(tables.runs.rollbackId, ready.id));
  if (!run) throw new Error('there is no run');
  return run;
};

const fenceOf = async (ready: ReadyRollback) => {
  const [fence] = await ready.system.db
    .select()
    .from(tables.fences)
    .where(eq(tables.fences.rollbackId, ready.id));
  if (!fence) throw new Error('there is no fence');
  return fence;
};

async function fenceIsUp(ready: ReadyRollback): Promise<boolean> {
  const client = await ready.sample.database.connect();
  const { rowCount } = await client.query("SELECT FROM pg_trigger WHERE tgname = 'backstep_fence'");
  await client.end();
  return rowCount === 1;
}

/** What a run begins its record of something final with. */
const HOLDS_EPOCH = '%FROM "backstep"."runs"%FOR NO KEY UPDATE%';

/** Waits until somebody on the control database waits for a lock, with a statement like this one. */
async function waitForBlocked(like: string): Promise<void> {
  await expect
    .poll(() => countSessions("wait_event_type = 'Lock'", like), { timeout: 15_000 })
    .toBeGreaterThan(0);
}

async function waitUntilDone(like: string): Promise<void> {
  await expect.poll(() => countSessions("state = 'active'", like), { timeout: 15_000 }).toBe(0);
}

async function countSessions(condition: string, like: string): Promise<number> {
  // Not in the transaction of `control`, which sees one state of the statistics only.
  const { rows } = await rooms.room.room.control.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND ${condition} AND query ILIKE $1`,
    [like],
  );
  return rows[0]?.n ?? 0;
}

/** Lets the control database do something of its own when this step is written down as committed. */
async function whenCommitted(ready: ReadyRollback, position: number, body: string): Promise<void> {
  const name = `at_commit_${ready.id}`;
  await control.query(`
    CREATE FUNCTION backstep.${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$;
    CREATE TRIGGER ${name} BEFORE UPDATE ON backstep.rollback_steps FOR EACH ROW
      WHEN (NEW.rollback_id = ${ready.id} AND NEW.position = ${position} AND NEW.status = 'committed')
      EXECUTE FUNCTION backstep.${name}();`);
}

/** The same when it comes to the history, which is the last that is written of a step. */
async function whenInHistory(ready: ReadyRollback, position: number, body: string): Promise<void> {
  const name = `at_commit_${ready.id}`;
  await control.query(`
    CREATE FUNCTION backstep.${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$;
    CREATE TRIGGER ${name} BEFORE INSERT ON backstep.audit_log FOR EACH ROW
      WHEN (NEW.subject = '${ready.label}' AND NEW.action = 'run.step' AND NEW.payload ->> 'position' = '${position}')
      EXECUTE FUNCTION backstep.${name}();`);
}

async function asUsualAgain(ready: ReadyRollback): Promise<void> {
  await control.query(`DROP FUNCTION backstep.at_commit_${ready.id}() CASCADE`);
}

describe('the control database', () => {
  it('is away right after COMMIT: the step is found out, and not run again', async () => {
    const ready = await rooms.ready();
    await whenCommitted(ready, 0, "RAISE 'away'");
    await expect(ready.run()).rejects.toThrow();
    expect(await ready.state()).toMatchObject({ status: 'running', stepsDone: 0 });
    expect(await ready.trackingRows()).toBe(3);
    await asUsualAgain(ready);
    await lapse(ready, (await runOf(ready)).id);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({ status: 'stopped', stepsDone: 1 });
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    const steps = (await rooms.room.audit(ready.label)).filter((row) => row.action === 'run.step');
    expect(steps).toHaveLength(2);
  });

  it('loses the record of a step while the next one runs: that one is undone, the other found out', async () => {
    const stock = {
      tag: '0004_stock',
      up: 'CREATE TABLE stock (id int PRIMARY KEY);',
      down: 'DROP TABLE stock;',
    };
    const policy = { ...DEFAULT_POLICY, lock_timeout_ms: 60_000 };
    const ready = await rooms.ready({ policy }, undefined, [...SHOP, stock]);
    // The last script wants this table; nothing but the record of the step before it waits for the other lock.
    const [blocker, watcher] = [
      await ready.sample.database.connect(),
      await ready.sample.database.connect(),
    ];
    await blocker.query('BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE');
    await control.query('SELECT pg_advisory_lock(424242)');
    await whenInHistory(ready, 1, "PERFORM pg_advisory_xact_lock(424242); RAISE 'away'");
    const run = ready.run();
    run.catch(() => undefined);
    await expect
      .poll(
        async () =>
          (
            await watcher.query(
              "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            )
          ).rowCount,
        { timeout: 15_000 },
      )
      .toBeGreaterThan(0);
    await waitForBlocked('%"backstep"."audit_log"%');
    await control.query('SELECT pg_advisory_unlock(424242)');
    await blocker.query('COMMIT');
    await blocker.end();
    await watcher.end();
    await expect(run).rejects.toThrow('audit_log');
    // Two are in, of which one is written down; the third never came as far as its COMMIT.
    expect(await ready.trackingRows()).toBe(3);
    expect(await ready.columns('orders')).toContain('note');
    expect(await ready.state()).toMatchObject({ status: 'running', stepsDone: 1 });
    const statuses = (await stepsOf(ready)).map(({ status }) => status);
    expect(statuses).toEqual(['committed', 'committing', 'pending']);
    await asUsualAgain(ready);
    await lapse(ready, (await runOf(ready)).id);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({ status: 'stopped', stepsDone: 2 });
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    const steps = (await rooms.room.audit(ready.label)).filter((row) => row.action === 'run.step');
    expect(steps).toHaveLength(3);
  });

  it('breaks the run while a heartbeat is under way: nobody keeps its lease', async () => {
    const ready = await rooms.ready();
    const run = await ready.press();
    const broken = performRun(ready.system, run, {
      ...DEPS,
      checkPlan: async () => {
        await control.query('BEGIN');
        await control.query('SELECT FROM backstep.runs WHERE id = $1 FOR NO KEY UPDATE', [run]);
        await waitForBlocked('update "backstep"."runs"%heartbeat_at%');
        throw new Error('the checks fail');
      },
    });
    await waitForBlocked(HOLDS_EPOCH);
    // The run's own end is cut; the heartbeat goes on waiting.
    await control.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
       AND wait_event_type = 'Lock' AND query LIKE $1`,
      [HOLDS_EPOCH],
    );
    await expect(broken).rejects.toThrow();
    await control.query('COMMIT');
    // The heartbeat that waited writes once more; only after that one can the lease lapse.
    await waitUntilDone('update "backstep"."runs"%heartbeat_at%');
    await lapse(ready, run);
    // A whole other run takes longer than the next heartbeat would.
    await (await rooms.ready()).run();
    expect(await takeOverLapsedRuns(ready.system, EXECUTOR)).toBe(1);
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
  });

  it('hangs before COMMIT: the step is undone instead of holding its locks', async () => {
    const ready = await rooms.ready({ policy: { ...DEFAULT_POLICY, lock_timeout_ms: 60_000 } });
    const [blocker, _watcher] = [
      await ready.sample.database.connect(),
      await ready.sample.database.connect(),
    ];
    await blocker.query('BEGIN; SELECT * FROM coupons');
    const run = ready.run({ recordPatienceMs: 300 });
    await waitFor(ready, 'lock.waiting');
    await control.query('BEGIN');
    await control.query('SELECT FROM backstep.rollback_steps WHERE rollback_id = $1 FOR UPDATE', [
      ready.id,
    ]);
    await blocker.query('COMMIT');
    await waitForBlocked('%FOR NO KEY UPDATE%');
    // Has its answer when the step has given up its locks.
    await blocker.query('SELECT * FROM coupons');
    await blocker.end();
    await control.query('COMMIT');
    await run;
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed', stepsDone: 0 });
    expect(state.outcomeMessage).toMatch(/did not record the step in time/);
    expect(await ready.trackingRows()).toBe(4);
  });

  it('refuses a batch of events: whoever flushes after that is told, and does not wait for ever', async () => {
    const ready = await rooms.ready();
    const run = await abandon(ready);
    const record = new RunRecord(ready.system, {
      rollbackId: ready.id,
      runId: run,
      epoch: 7,
      target: ready.sample.target.name,
    });
    const step = { position: 0, tag: '0003_coupons', attempt: 1 };
    record.emit('step.started', step);
    await expect(record.flush()).rejects.toThrow(EpochLostError);
    record.emit('step.started', step);
    await expect(record.flush()).rejects.toThrow(EpochLostError);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
  });

  it('lets a stop and the end of the run pass each other', async () => {
    const ready = await rooms.ready();
    const run = await abandon(ready);
    const record = new RunRecord(ready.system, {
      rollbackId: ready.id,
      runId: run,
      epoch: 1,
      target: ready.sample.target.name,
    });
    await control.query('BEGIN');
    await control.query('SELECT FROM backstep.rollbacks WHERE id = $1 FOR UPDATE', [ready.id]);
    const end = record.finish({
      status: 'stopped',
      outcome: 'nothing_changed',
      done: 0,
      total: 2,
      message: 'The end.',
    });
    await waitForBlocked('%"backstep"."rollbacks"%');
    await control.query('UPDATE backstep.runs SET stop_requested_by = requested_by WHERE id = $1', [
      run,
    ]);
    await control.query('COMMIT');
    await end;
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcomeMessage: 'The end.' });
  });

  it('holds another plan than its digest says: nothing runs', async () => {
    const ready = await rooms.ready();
    // As whoever can do that could: the database's superuser, past the trigger that keeps a plan.
    await control.query('SET session_replication_role = replica');
    await control.query(
      `UPDATE backstep.rollbacks SET plan = jsonb_set(plan, '{steps,0,statements,0,text}', '"DROP TABLE customers"')
       WHERE id = $1`,
      [ready.id],
    );
    await control.query('RESET session_replication_role');
    await ready.run();
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    expect(state.outcomeMessage).toMatch(/changed in the control database/);
    expect(await ready.columns('customers')).toEqual(['id']);
  });
});

describe('a session of the run that bears another name', () => {
  it('is waited for, as it holds the lock of the target', async () => {
    const ready = await rooms.ready();
    await abandon(ready);
    const orphan = await ready.sample.database.connect();
    await orphan.query("SELECT pg_advisory_lock($1, hashtext('drizzle.__drizzle_migrations'))", [
      RUN_LOCK_CLASS,
    ]);
    const settled = takeOverLapsedRuns(ready.system, EXECUTOR);
    await expect
      .poll(
        async () =>
          (
            await orphan.query(
              "SELECT FROM pg_stat_activity WHERE application_name LIKE 'backstep settle%' AND query LIKE '%pg_locks%'",
            )
          ).rowCount,
      )
      .toBeGreaterThan(0);
    expect(await ready.state()).toMatchObject({ status: 'running' });
    await orphan.end();
    await settled;
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
  });
});

describe('a broken run is not settled', () => {
  it('by what another database says', async () => {
    const ready = await rooms.ready();
    const run = await abandon(ready);
    const other = await createTestDatabase({ template: ready.sample.database.name });
    const target = ready.system.config.targets[0];
    if (target) target.url = other.url;
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'unknown', outcome: 'outcome_unknown' });
    expect(state.outcomeMessage).toMatch(/another database than the run was on/);
    if (target) target.url = ready.sample.database.url;
    await lapse(ready, run);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    await other.drop();
  });

  it('by a tracking row that somebody else removed', async () => {
    const ready = await rooms.ready();
    await abandon(ready);
    await ready.sample.sql('DELETE FROM drizzle.__drizzle_migrations WHERE id = 4');
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'unknown', stepsDone: 0 });
    expect(state.outcomeMessage).toMatch(/somebody removed it/);
  });

  it('without its tracking table, and keeps no other run waiting', async () => {
    const [gone, fine] = [await rooms.ready(), await rooms.ready()];
    await abandon(gone);
    await abandon(fine);
    await gone.sample.sql('DROP SCHEMA drizzle CASCADE');
    // Neither target is in the other's configuration: one of the two can't be settled at all.
    await expect(takeOverLapsedRuns(fine.system, EXECUTOR)).rejects.toThrow(AggregateError);
    expect(await fine.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    await lapse(gone, (await runOf(gone)).id);
    await takeOverLapsedRuns(gone.system, EXECUTOR);
    const state = await gone.state();
    expect(state).toMatchObject({ status: 'unknown' });
    expect(state.outcomeMessage).toMatch(/has no table drizzle/);
  });
});

describe('a last step that can’t be compared', () => {
  it('is in, and says so: there is nothing to resume', async () => {
    const ready = await rooms.ready(
      { policy: { ...DEFAULT_POLICY, lock_timeout_ms: 60_000 } },
      (sample) =>
        sample.sql('CREATE TABLE held (id int); CREATE VIEW of_held AS SELECT id FROM held'),
    );
    const [blocker, _watcher] = [
      await ready.sample.database.connect(),
      await ready.sample.database.connect(),
    ];
    await blocker.query('BEGIN; SELECT * FROM orders');
    const run = ready.run();
    await waitFor(ready, 'lock.waiting');
    // Whoever prints the view waits for its table from now on.
    const holder = await ready.sample.database.connect();
    await holder.query('BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
    await blocker.query('COMMIT');
    await blocker.end();
    await expect.poll(async () => (await ready.state()).stepsDone, { timeout: 15_000 }).toBe(2);
    await ready.sample.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^backstep (run|schema) ' AND datname = current_database()",
    );
    await run;
    await holder.end();
    const state = await ready.state();
    expect(state).toMatchObject({
      status: 'succeeded',
      outcome: 'changed_unverified',
      stepsDone: 2,
    });
    expect(state.outcomeMessage).toMatch(/could not be compared/);
  });
});

describe('the fence', () => {
  /** Stopped after its first step, with the fence up. */
  async function stoppedAfterOne(): Promise<ReadyRollback> {
    const ready = await rooms.ready({
      policy: { ...DEFAULT_POLICY, lock_timeout_ms: 200, step_attempts: 1 },
    });
    const [blocker, _watcher] = [
      await ready.sample.database.connect(),
      await ready.sample.database.connect(),
    ];
    await blocker.query('BEGIN; SELECT * FROM orders');
    await ready.run();
    await blocker.end();
    expect(await ready.state()).toMatchObject({ status: 'stopped', stepsDone: 1 });
    return ready;
  }

  it('goes up again when a stopped run is resumed after its release', async () => {
    const ready = await stoppedAfterOne();
    await releaseFence(ready.ctx, { rollback: ready.label });
    await performFenceRelease(ready.system, (await fenceOf(ready)).id);
    expect(await fenceIsUp(ready)).toBe(false);
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    expect(await fenceIsUp(ready)).toBe(true);
    expect(await fenceOf(ready)).toMatchObject({ releasedAt: null, releaseRequestedAt: null });
  });

  it('is not taken down by an old request while a run goes on', async () => {
    const ready = await stoppedAfterOne();
    const { id } = await fenceOf(ready);
    let answer: string | null = null;
    await ready.resume({
      confirmBackup: async () => {
        // The gates keep the two apart; a request that is there all the same finds the lock of the run.
        await ready.system.db
          .update(tables.fences)
          .set({
            releaseRequestedAt: sql`clock_timestamp()`,
            releaseRequestedBy: ready.ctx.actor.id,
          })
          .where(eq(tables.fences.id, id));
        await performFenceRelease(ready.system, id);
        answer = (await fenceOf(ready)).releaseError;
        return { ok: true };
      },
    });
    expect(answer).toMatch(/a run is going on/);
    expect(await fenceIsUp(ready)).toBe(true);
    // Put up anew by the run: the request was not for this one.
    expect(await fenceOf(ready)).toMatchObject({
      releasedAt: null,
      releaseRequestedAt: null,
      releaseError: null,
    });
  });

  it('of a later rollback is not taken down by an earlier one', async () => {
    const ready = await stoppedAfterOne();
    await ready.sample.sql(
      `COMMENT ON TRIGGER backstep_fence ON drizzle.__drizzle_migrations IS '{"rollback":"RB-9999","head":"x"}'`,
    );
    await releaseFence(ready.ctx, { rollback: ready.label });
    await performFenceRelease(ready.system, (await fenceOf(ready)).id);
    expect(await fenceIsUp(ready)).toBe(true);
    expect((await fenceOf(ready)).releaseError).toMatch(/the one of RB-9999/);
  });
});
