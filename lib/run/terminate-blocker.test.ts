import { sql } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Ctx, JobPayloads } from '@/lib/control';
import type { Blocker } from '@/lib/core/events';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { answerForgottenTerminations, performRun, performTermination, terminateBlocker } from '.';
import { createRunRoom, DEPS, type ReadyRollback, type RunRoom, waitFor } from './run.fixture';

/** A run waits for the whole of a test, unless the blocker goes. */
const PATIENT = { policy: { ...DEFAULT_POLICY, lock_timeout_ms: 60_000, step_attempts: 1 } };

let rooms: RunRoom;
let ready: ReadyRollback;
let holder: pg.Client;
let running: Promise<void>;
let roles: string[];

beforeAll(async () => {
  rooms = await createRunRoom();
});

afterAll(() => rooms.dispose());

afterEach(async () => {
  await holder.end().catch(() => undefined);
  await running;
  for (const role of roles) await ready.sample.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

/** A run that waits for somebody's open transaction. @returns what its timeline says of it */
async function waiting(application = 'night job'): Promise<Blocker> {
  roles = [];
  ready = await rooms.ready(PATIENT);
  holder = await ready.sample.database.connect();
  await holder.query(`SET application_name = '${application}'`);
  await holder.query('BEGIN; SELECT * FROM coupons');
  running = performRun(ready.system, await ready.press(), DEPS);
  await waitFor(ready, 'lock.waiting');
  const { rows } = await ready.system.db.execute<{ blocker: Blocker }>(
    sql`SELECT payload->'blockers'->0 AS blocker FROM backstep.rollback_events
        WHERE rollback_id = ${ready.id} AND kind = 'lock.waiting' LIMIT 1`,
  );
  const blocker = rows[0]?.blocker;
  if (!blocker) throw new Error('the run names nobody');
  return blocker;
}

const asked = ({ pid, backendStart = '' }: Blocker): JobPayloads['terminate_blocker'] => ({
  rollbackId: ready.id,
  pid,
  backendStart,
  requestedBy: 'Person on_call',
  seq: 0,
});

/** The newest job that asks for an end. */
async function jobOf(): Promise<JobPayloads['terminate_blocker']> {
  const { rows } = await ready.system.db.execute<{ payload: JobPayloads['terminate_blocker'] }>(
    sql`SELECT payload FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t
          ON t.id = j.task_id WHERE t.identifier = 'terminate_blocker'
         AND payload->>'rollbackId' = ${String(ready.id)} ORDER BY j.id DESC LIMIT 1`,
  );
  const [job] = rows;
  if (!job) throw new Error('no job asks for the end of a blocker');
  return job.payload;
}

async function eventsOf(kind: string): Promise<Record<string, unknown>[]> {
  const { rows } = await ready.system.db.execute<{ payload: Record<string, unknown> }>(
    sql`SELECT payload FROM backstep.rollback_events WHERE rollback_id = ${ready.id} AND kind = ${kind}`,
  );
  return rows.map(({ payload }) => payload);
}

/** The executor's part was refused, said why, and the session is still there. */
async function expectSpared(pid: number, why: RegExp): Promise<void> {
  expect(await eventsOf('blocker.terminate_failed')).toEqual([
    { pid, message: expect.stringMatching(why) },
  ]);
  expect(await eventsOf('blocker.terminated')).toEqual([]);
  expect((await rooms.room.audit(ready.label)).at(-1)).toMatchObject({
    action: 'run.blocker_terminated',
    outcome: 'failed',
    payload: { pid, message: expect.stringMatching(why) },
  });
  expect((await holder.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
}

/** The executor's context with another role at the target. */
async function asRole(name: string, more = ''): Promise<Ctx> {
  const role = `${name}_${ready.id}`;
  roles.push(role);
  await ready.sample.sql(
    `CREATE ROLE ${role} LOGIN PASSWORD 'canary-password'; ${more.replace('$', role)}`,
  );
  const url = new URL(ready.sample.target.url);
  url.username = role;
  url.password = 'canary-password';
  const { config } = ready.system;
  const targets = config.targets.map((target) => ({ ...target, url: url.href }));
  return { ...ready.system, config: { ...config, targets } };
}

describe('the end of a blocker', () => {
  it('is asked for by a person, done by the executor, and lets the run go on', async () => {
    const blocker = await waiting();
    const { pid, backendStart = '' } = blocker;
    await terminateBlocker(ready.ctx, { rollback: ready.label, pid, backendStart });
    const job = await jobOf();
    const by = ready.ctx.actor.name;
    expect(job).toEqual({
      rollbackId: ready.id,
      pid,
      backendStart,
      requestedBy: by,
      seq: expect.any(Number),
    });
    await performTermination(ready.system, job);
    await running;
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    const named = { pid, applicationName: 'night job', by };
    expect(await eventsOf('blocker.terminate_requested')).toEqual([named]);
    expect(await eventsOf('blocker.terminated')).toEqual([named]);
    expect(await rooms.room.audit(ready.label)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          action: 'run.terminate_blocker',
          actorName: by,
          payload: expect.objectContaining({ pid, application: 'night job' }),
        }),
        expect.objectContaining({
          action: 'run.blocker_terminated',
          outcome: 'done',
          payload: expect.objectContaining({ pid, requested_by: by }),
        }),
      ]),
    );
    await expect(holder.query('SELECT 1')).rejects.toThrow();
  });

  it('is asked for only of a session that the run has named last', async () => {
    const { pid, backendStart = '' } = await waiting();
    const rollback = ready.label;
    for (const other of [
      { rollback, pid: pid + 1, backendStart },
      { rollback, pid, backendStart: '2020-01-01T00:00:00.000000Z' },
    ]) {
      await expect(terminateBlocker(ready.ctx, other)).rejects.toMatchObject({ code: 'conflict' });
    }
    const reviewer = { ...ready.ctx, actor: rooms.room.room.people.reviewer };
    await expect(terminateBlocker(reviewer, { rollback, pid, backendStart })).rejects.toMatchObject(
      { code: 'forbidden' },
    );
    await holder.query('COMMIT');
    await running;
    await expect(
      terminateBlocker(ready.ctx, { rollback, pid, backendStart }),
    ).rejects.toMatchObject({ code: 'gate_closed' });
    expect(await eventsOf('blocker.terminate_requested')).toEqual([]);
  });
});

describe('a request whose executor has died', () => {
  it('is answered, once, and nothing is done any more that was asked for then', async () => {
    const { pid, backendStart = '' } = await waiting();
    await terminateBlocker(ready.ctx, { rollback: ready.label, pid, backendStart });
    const job = await jobOf();
    // It may still come to it.
    expect(await answerForgottenTerminations(ready.system)).toBe(0);
    expect(await answerForgottenTerminations(ready.system, 0)).toBe(1);
    expect(await answerForgottenTerminations(ready.system, 0)).toBe(0);
    await performTermination(ready.system, job);
    expect(await eventsOf('blocker.terminate_failed')).toEqual([
      { pid, message: expect.stringMatching(/Nobody can say whether session .* ask again/) },
    ]);
    expect((await rooms.room.audit(ready.label)).at(-1)).toMatchObject({
      action: 'run.blocker_terminated',
      outcome: 'unknown',
      payload: { pid, requested_by: ready.ctx.actor.name },
    });
    expect((await holder.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    await terminateBlocker(ready.ctx, { rollback: ready.label, pid, backendStart });
    await performTermination(ready.system, await jobOf());
    await running;
    expect(await eventsOf('blocker.terminated')).toHaveLength(1);
    expect(await answerForgottenTerminations(ready.system, 0)).toBe(0);
    expect(await ready.state()).toMatchObject({ status: 'succeeded' });
  });
});

describe('the executor leaves a session alone', () => {
  it('that does not hold up the run', async () => {
    await waiting();
    const bystander = await ready.sample.database.connect();
    const { rows } = await bystander.query<{ pid: number; backendStart: string }>(
      `SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "backendStart"
         FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
    );
    const self = rows[0] ?? { pid: 0, backendStart: '' };
    await performTermination(ready.system, {
      rollbackId: ready.id,
      requestedBy: 'Person on_call',
      seq: 0,
      ...self,
    });
    await expectSpared(self.pid, /does not hold up the run/);
    expect((await bystander.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    await bystander.end();
  });

  it('when the run has ended', async () => {
    const blocker = await waiting();
    await holder.query('COMMIT');
    await running;
    await performTermination(ready.system, asked(blocker));
    await expectSpared(blocker.pid, /run has ended/);
  });

  it('that is another one with the same number', async () => {
    const blocker = await waiting();
    await performTermination(ready.system, {
      ...asked(blocker),
      backendStart: '2020-01-01T00:00:00.000000Z',
    });
    await expectSpared(blocker.pid, /has ended meanwhile/);
  });

  it('that is Backstep’s own', async () => {
    const blocker = await waiting('backstep backup B-0007');
    await performTermination(ready.system, asked(blocker));
    await expectSpared(blocker.pid, /own \(backstep backup B-0007\)/);
  });

  it('that its role may not end, and says which role it needs', async () => {
    const blocker = await waiting();
    const weak = await asRole('weak', 'GRANT pg_read_all_stats TO $');
    await performTermination(weak, asked(blocker));
    await expectSpared(blocker.pid, /needs the role pg_signal_backend/);
  });

  it('that its role may not look at', async () => {
    const blocker = await waiting();
    await performTermination(await asRole('blind'), asked(blocker));
    await expectSpared(blocker.pid, /pg_read_all_stats/);
  });

  it('of a target that does not answer', async () => {
    const blocker = await waiting();
    const { config } = ready.system;
    const targets = config.targets.map((target) => ({
      ...target,
      url: 'postgres://nobody:canary-password@127.0.0.1:1/none',
    }));
    await performTermination({ ...ready.system, config: { ...config, targets } }, asked(blocker));
    await expectSpared(blocker.pid, /can’t be reached/);
    expect(JSON.stringify(await eventsOf('blocker.terminate_failed'))).not.toContain('canary');
  });
});
