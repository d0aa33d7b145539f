import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '@/lib/audit';
import { readEvents, tables } from '@/lib/control';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { SHOP } from '@/lib/folders/sample-target.fixture';
import { createTestDatabase } from '@/lib/testing/database';
import { rowsAfter, undoStep } from '@/lib/undo';
import {
  cancelRun,
  performFenceRelease,
  performRun,
  readTouchedTables,
  releaseFence,
  startRun,
  stopRun,
  takeOverLapsedRuns,
} from '.';
import {
  abandon,
  createRunRoom,
  DEPS,
  EXECUTOR,
  lapse,
  type ReadyRollback,
  type RunRoom,
  waitFor,
} from './run.fixture';

let rooms: RunRoom;

beforeAll(async () => {
  rooms = await createRunRoom();
});

afterAll(async () => {
  // Whatever happened above, the history must still hold together.
  expect((await verifyChain({ ...rooms.room.room.as(rooms.room.room.people.admin) })).ok).toBe(
    true,
  );
  await rooms.dispose();
});

/** The oracle of a run that changed nothing. */
async function expectUntouched(ready: ReadyRollback): Promise<void> {
  expect(await ready.columns('orders')).toEqual(['id', 'note']);
  expect(await ready.columns('coupons')).toEqual(['code']);
  expect(await ready.trackingRows()).toBe(4);
}

const fast = { policy: { ...DEFAULT_POLICY, lock_timeout_ms: 200, step_attempts: 2 } };

describe('a run', () => {
  it('undoes the chain, verifies each step and puts up the fence', async () => {
    const ready = await rooms.ready();
    await ready.run();
    expect(await ready.state()).toMatchObject({
      status: 'succeeded',
      outcome: 'changed_verified',
      stepsDone: 2,
    });
    expect(await ready.columns('orders')).toEqual(['id']);
    expect(await ready.columns('coupons')).toEqual([]);
    expect(await ready.trackingRows()).toBe(2);
    await expect(ready.sample.migrate()).rejects.toThrow();
    await ready.sample.writeFolder(2);
    await ready.sample.migrate();
    expect(await ready.trackingRows()).toBe(2);
    expect(await readTouchedTables(ready.ctx, { rollback: ready.label })).toMatchObject([
      { name: 'public.coupons', exists: false },
      { name: 'public.orders', exists: true, columns: [{ name: 'id' }] },
    ]);
    const audit = (await rooms.room.audit(ready.label)).map((row) => row.action);
    expect(audit).toEqual(
      expect.arrayContaining([
        'run.start',
        'run.preflight',
        'run.step',
        'fence.raise',
        'run.finish',
      ]),
    );
  });

  it('lets the fence be released, after which the newer folder applies again', async () => {
    const ready = await rooms.ready();
    await ready.run();
    await releaseFence(ready.ctx, { rollback: ready.label });
    const [fence] = await ready.system.db
      .select()
      .from(tables.fences)
      .where(eq(tables.fences.rollbackId, ready.id));
    await performFenceRelease(ready.system, fence?.id ?? 0);
    await ready.sample.migrate();
    await expectUntouched(ready);
    expect(await ready.kinds()).toContain('fence.released');
  });

  it('is started by one of two people who press at once', async () => {
    const ready = await rooms.ready();
    const { planDigest: digest } = await ready.state();
    const input = { rollback: ready.label, digest, confirm: ready.sample.target.name };
    const results = await Promise.allSettled([
      startRun(ready.ctx, input),
      startRun(ready.ctx, input),
      startRun(ready.ctx, input),
    ]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const runs = await ready.system.db
      .select()
      .from(tables.runs)
      .where(eq(tables.runs.rollbackId, ready.id));
    expect(runs).toHaveLength(1);
  });

  it('is performed by one of two executors', async () => {
    const ready = await rooms.ready();
    const run = await ready.press();
    await Promise.all([performRun(ready.system, run, DEPS), performRun(ready.system, run, DEPS)]);
    expect((await ready.kinds()).filter((kind) => kind === 'run.started')).toHaveLength(1);
    expect(await ready.state()).toMatchObject({ status: 'succeeded' });
  });

  it('wants the name of the target, typed', async () => {
    const ready = await rooms.ready();
    const { planDigest: digest } = await ready.state();
    await expect(
      startRun(ready.ctx, { rollback: ready.label, digest, confirm: 'shop' }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
    await expectUntouched(ready);
  });
});

describe('preflight stops before anything has changed', () => {
  async function stoppedBy(
    ready: ReadyRollback,
    check: string,
    more: Parameters<ReadyRollback['run']>[0] = {},
  ): Promise<string> {
    await ready.run(more);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed', stepsDone: 0 });
    const { rows } = await ready.system.db.execute<{ payload: { name: string; evidence: string } }>(
      sql`SELECT payload FROM backstep.rollback_events WHERE rollback_id = ${ready.id}
          AND kind = 'preflight.check' AND NOT (payload->>'ok')::boolean`,
    );
    expect(rows.map((row) => row.payload.name)).toEqual([check]);
    return state.outcomeMessage ?? '';
  }

  it('when somebody migrated since', async () => {
    const ready = await rooms.ready();
    await ready.sample.sql(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('x', 9999999999999)",
    );
    expect(await stoppedBy(ready, 'Tracking rows')).toMatch(/something migrated since/);
    expect(await ready.columns('orders')).toEqual(['id', 'note']);
  });

  it('when the live schema changed', async () => {
    const ready = await rooms.ready();
    await ready.sample.sql('ALTER TABLE customers ADD COLUMN surprise int');
    expect(await stoppedBy(ready, 'Live schema')).toMatch(/something changed it since/);
    await expectUntouched(ready);
  });

  it('when the backup is no longer whole', async () => {
    const ready = await rooms.ready();
    const message = await stoppedBy(ready, 'Backup still whole', {
      confirmBackup: async () => ({ ok: false, reason: 'toc.dat is not as it was.' }),
    });
    expect(message).toMatch(/toc.dat is not as it was/);
    await expectUntouched(ready);
  });

  it('when the backup was taken before somebody migrated: neither the button nor the run', async () => {
    const backUpAnotherSchema = (ready: ReadyRollback) =>
      ready.system.db
        .update(tables.backups)
        .set({
          manifest: sql`jsonb_set(${tables.backups.manifest}, '{schemaFingerprint}', '"of yesterday"')`,
        })
        .where(eq(tables.backups.rollbackId, ready.id));
    const early = await rooms.ready();
    await backUpAnotherSchema(early);
    await expect(early.press()).rejects.toMatchObject({
      code: 'gate_closed',
      message: expect.stringMatching(/another schema.*Take another/),
    });
    const late = await rooms.ready();
    const run = await late.press();
    await backUpAnotherSchema(late);
    await performRun(late.system, run, DEPS);
    expect(await late.state()).toMatchObject({
      status: 'stopped',
      outcome: 'nothing_changed',
      outcomeMessage: expect.stringMatching(/another schema/),
    });
    await expectUntouched(early);
    await expectUntouched(late);
  });

  it('when the role does not own what the plan changes', async () => {
    const ready = await rooms.ready();
    const role = `weak_${ready.id}`;
    await ready.sample.sql(`
      CREATE ROLE ${role} LOGIN PASSWORD 'weak-password';
      GRANT USAGE, CREATE ON SCHEMA drizzle TO ${role};
      GRANT ALL ON drizzle.__drizzle_migrations TO ${role};`);
    const target = ready.system.config.targets[0];
    const url = new URL(ready.sample.target.url);
    url.username = role;
    url.password = 'weak-password';
    if (target) target.url = url.href;
    const message = await stoppedBy(ready, 'Rights of the role');
    expect(message).toMatch(/own/);
    expect(message).not.toContain('weak-password');
    await expectUntouched(ready);
    await ready.sample.sql(`DROP OWNED BY ${role}; DROP ROLE ${role};`);
  });

  it('when url leads to another database', async () => {
    const ready = await rooms.ready();
    const other = await createTestDatabase();
    const target = ready.system.config.targets[0];
    if (target) target.url = other.url;
    expect(await stoppedBy(ready, 'Right database')).toMatch(/another database/);
    await expectUntouched(ready);
    await other.drop();
  });

  it('when the target can’t be reached', async () => {
    const ready = await rooms.ready();
    const target = ready.system.config.targets[0];
    if (target) target.url = 'postgres://nobody:canary@127.0.0.1:1/none';
    await ready.run();
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    expect(state.outcomeMessage).toMatch(/can’t be reached/);
    expect(state.outcomeMessage).not.toContain('canary');
  });
});

describe('a step that can’t go through', () => {
  it('names who holds the lock, tries again, gives up at a clean step, and resumes', async () => {
    const ready = await rooms.ready(fast);
    const blocker = await ready.sample.database.connect();
    await blocker.query("SET application_name = 'a-worker'; BEGIN; SELECT * FROM orders");
    await ready.run();
    expect(await ready.state()).toMatchObject({
      status: 'stopped',
      outcome: 'stopped_clean',
      stepsDone: 1,
    });
    const kinds = await ready.kinds();
    expect(kinds.filter((kind) => kind === 'step.undone')).toHaveLength(2);
    expect(await ready.columns('orders')).toEqual(['id', 'note']);
    expect(await ready.trackingRows()).toBe(3);

    await blocker.query('COMMIT');
    await blocker.end();
    await ready.resume();
    expect(await ready.state()).toMatchObject({
      status: 'succeeded',
      outcome: 'changed_verified',
      stepsDone: 2,
    });
    expect(await ready.trackingRows()).toBe(2);
  });

  it('is not tried again by an executor that is asked to end', async () => {
    const ready = await rooms.ready(fast);
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM coupons');
    const ending = new AbortController();
    await ready.run({ signal: ending.signal, pause: async () => ending.abort() });
    await blocker.end();
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    expect(state.outcomeMessage).toMatch(/shutting down/);
    expect((await ready.kinds()).filter((kind) => kind === 'step.undone')).toHaveLength(1);
  });

  it('tells the blocker while it waits', async () => {
    const ready = await rooms.ready({
      policy: { ...DEFAULT_POLICY, lock_timeout_ms: 2_000, step_attempts: 1 },
    });
    const blocker = await ready.sample.database.connect();
    await blocker.query("SET application_name = 'a-worker'; BEGIN; SELECT * FROM coupons");
    await ready.run();
    await blocker.end();
    const { rows } = await ready.system.db.execute<{ name: string }>(
      sql`SELECT payload->'blockers'->0->>'applicationName' AS name FROM backstep.rollback_events
          WHERE rollback_id = ${ready.id} AND kind = 'lock.waiting' LIMIT 1`,
    );
    expect(rows).toEqual([{ name: 'a-worker' }]);
  });

  it('cancels before the next statement where the one that went on would not be cancelled', async () => {
    const deaf = `DO $$ BEGIN
      IF current_setting('application_name') LIKE 'backstep run %' THEN PERFORM pg_sleep(20); END IF;
      EXCEPTION WHEN query_canceled THEN NULL; END $$;`;
    const migrations = SHOP.map((migration) => ({
      ...migration,
      ...(migration.tag === '0003_coupons'
        ? { down: `${deaf} SELECT 'next'; ${migration.down}` }
        : {}),
    }));
    const ready = await rooms.ready({}, undefined, migrations);
    const run = ready.run();
    await waitFor(ready, 'statement.started');
    await cancelRun(ready.ctx, { rollback: ready.label });
    await run;
    const begun = (await readEvents(ready.system, ready.id)).filter(
      ({ kind }) => kind === 'statement.started',
    );
    expect(begun.map(({ payload }) => payload)).toEqual([{ position: 0, index: 0 }]);
    expect(await ready.state()).toMatchObject({
      status: 'stopped',
      outcome: 'nothing_changed',
      outcomeMessage: expect.stringMatching(/^Cancelled\. The step of .* was rolled back/),
    });
  });

  it('stops after the step when asked, and cancels in the step when asked', async () => {
    const ready = await rooms.ready({
      policy: { ...DEFAULT_POLICY, lock_timeout_ms: 60_000 },
    });
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM coupons');
    const run = ready.run();
    await waitFor(ready, 'lock.waiting');
    await stopRun(ready.ctx, { rollback: ready.label });
    await blocker.query('COMMIT');
    await run;
    expect(await ready.state()).toMatchObject({ status: 'stopped', stepsDone: 1 });

    await blocker.query('BEGIN; SELECT * FROM orders');
    const resumed = ready.resume();
    await waitFor(ready, 'lock.waiting', 2);
    await cancelRun(ready.ctx, { rollback: ready.label });
    await resumed;
    await blocker.end();
    expect(await ready.state()).toMatchObject({
      status: 'stopped',
      outcome: 'stopped_clean',
      stepsDone: 1,
    });
    expect(await ready.columns('orders')).toEqual(['id', 'note']);
    expect(await ready.trackingRows()).toBe(3);
  });
});

describe('a run that breaks off', () => {
  it('settles a session that was ended inside a statement: the step is rolled back', async () => {
    const ready = await rooms.ready({ policy: { ...DEFAULT_POLICY, lock_timeout_ms: 60_000 } });
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM orders');
    const run = ready.run();
    await waitFor(ready, 'lock.waiting');
    await blocker.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'backstep run %' AND datname = current_database()",
    );
    await run;
    await blocker.end();
    expect(await ready.state()).toMatchObject({ status: 'stopped', stepsDone: 1 });
    expect(await ready.kinds()).toContain('run.reconciled');
    expect(await ready.columns('orders')).toEqual(['id', 'note']);
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
  });

  it('is taken over when its owner is silent: step not committed', async () => {
    const ready = await rooms.ready();
    await abandon(ready);
    expect(await takeOverLapsedRuns(ready.system, EXECUTOR)).toBe(1);
    expect(await ready.state()).toMatchObject({
      status: 'stopped',
      outcome: 'nothing_changed',
      stepsDone: 0,
    });
    await expectUntouched(ready);
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
  });

  it('is taken over when its owner is silent: step committed, never recorded', async () => {
    const ready = await rooms.ready();
    const run = await abandon(ready);
    const { plan } = await ready.state();
    const client = await ready.sample.database.connect();
    const step = plan.steps[0];
    if (!step) throw new Error('no step');
    await undoStep(client, {
      step,
      tracking: plan.tracking,
      expectedRows: rowsAfter(plan.rows, plan.steps, 0),
      settings: { lockTimeoutMs: 1_000, statementTimeoutMs: 1_000, searchPath: 'public' },
      fence: { rollback: ready.label, head: plan.to.tag },
      hooks: {
        beforeCommit: async (xid) => {
          for (const change of [{ status: 'running' }, { status: 'committing', xid }] as const) {
            await ready.system.db
              .update(tables.rollbackSteps)
              .set(change)
              .where(
                and(
                  eq(tables.rollbackSteps.rollbackId, ready.id),
                  eq(tables.rollbackSteps.position, 0),
                ),
              );
          }
        },
      },
    });
    await client.end();
    expect(run).toBeGreaterThan(0);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({
      status: 'stopped',
      outcome: 'stopped_clean',
      stepsDone: 1,
    });
    const [fence] = await ready.system.db
      .select()
      .from(tables.fences)
      .where(eq(tables.fences.rollbackId, ready.id));
    expect(fence).toMatchObject({ headTag: '0001_orders', releasedAt: null });
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    expect(await ready.trackingRows()).toBe(2);
  });

  it('is unknown while the target does not answer, and known when it does again', async () => {
    const ready = await rooms.ready();
    const run = await abandon(ready);
    const target = ready.system.config.targets[0];
    const url = target?.url ?? '';
    if (target) target.url = 'postgres://nobody@127.0.0.1:1/none';
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({ status: 'unknown', outcome: 'outcome_unknown' });
    if (target) target.url = url;
    await lapse(ready, run);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
  });

  it('commits nothing for an owner that wakes up after the take-over', async () => {
    const ready = await rooms.ready({ policy: { ...DEFAULT_POLICY, lock_timeout_ms: 60_000 } });
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM coupons');
    const run = ready.run();
    await waitFor(ready, 'lock.waiting');
    // Another executor believes that this one is gone, and has only come as far as the epoch.
    await ready.system.db
      .update(tables.runs)
      .set({ epoch: 99 })
      .where(eq(tables.runs.rollbackId, ready.id));
    await blocker.query('COMMIT');
    await blocker.end();
    await run;
    expect(await ready.state()).toMatchObject({ status: 'running', stepsDone: 0 });
    await expectUntouched(ready);
  });
});
