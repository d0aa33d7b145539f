import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createReadyRoom,
  DIGEST,
  PLAN,
  type ReadyRollback,
  type ReadyRoom,
} from '@/lib/approval/ready-rollback.fixture';
import { appendEvent, tables } from '@/lib/control';
import { ANONYMOUS } from '@/lib/core/actor';
import type { PlanCheck } from '@/lib/core/evidence';
import { getRoom, type RoomDeps } from '.';

let room: ReadyRoom;

beforeAll(async () => {
  room = await createReadyRoom();
});
afterAll(() => room.dispose());

const CHECK: PlanCheck = { checkedAt: '2026-01-01T00:00:00.000Z', changes: [] };

/** A comparison that counts how often it is asked for. */
function counting(): RoomDeps & { asked: number } {
  const deps = {
    asked: 0,
    checkPlan: async () => {
      deps.asked += 1;
      return CHECK;
    },
  };
  return deps;
}

const open = (rollback: ReadyRollback, deps: RoomDeps = counting()) =>
  getRoom(rollback.as(room.people.auditor), { rollback: rollback.label }, deps);

/** Keeps a comparison of so many seconds ago, by the database's clock. */
const compared = ({ id }: ReadyRollback, secondsAgo: number) =>
  room.control.db
    .update(tables.rollbacks)
    .set({
      planCheck: sql`jsonb_build_object('changes', '[]'::jsonb, 'checkedAt', to_char((clock_timestamp() - make_interval(secs => ${secondsAgo})) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`,
    })
    .where(eq(tables.rollbacks.id, id));

describe('getRoom', () => {
  it('shows everything that is known, and no secret', async () => {
    const rollback = await room.rollback({
      incident: 'INC-7',
      target: {
        releases: [
          { name: 'v41', head: '0035', commands: [] },
          { name: 'v40', head: '0034', commands: ['deploy v40'] },
          { name: 'v40-hotfix', head: '0034_add_rooms', commands: [] },
        ],
      },
    });
    await appendEvent(room.as(room.people.admin), rollback.id, 'plan.pinned', {
      digest: DIGEST,
      again: false,
    });
    const found = await open(rollback);
    expect(found).toMatchObject({
      label: rollback.label,
      target: {
        name: rollback.target.name,
        environment: 'production',
        address: 'db.example.com:5433/app',
        serverVersion: '15.18',
      },
      status: 'draft',
      reason: 'Orders are slow',
      incident: 'INC-7',
      requestedBy: { id: room.people.on_call.id, name: 'Sample on_call' },
      plan: PLAN,
      digest: DIGEST,
      rehearsal: { state: 'passed' },
      backup: { state: 'passed', takenBy: 'Sample on_call' },
      approvals: [],
      run: null,
      fence: null,
      lastEventSeq: 1,
    });
    expect(found.releases.map(({ name, from }) => [name, from])).toEqual([
      ['v40', 'configuration'],
      ['v40-hotfix', 'configuration'],
    ]);
    expect(found.fenceRemovalSql).toContain('DROP TRIGGER');
    expect(JSON.stringify(found)).not.toMatch(/a-secret|postgres:\/\//);
  });

  it('tells each what they may do', async () => {
    const rollback = await room.rollback({ status: 'awaiting_approval' });
    const seenBy = async (role: 'reviewer' | 'auditor') =>
      (await getRoom(rollback.as(room.people[role]), { rollback: rollback.label }, counting()))
        .gates.actions.approve;
    expect(await seenBy('reviewer')).toEqual({ allowed: true });
    expect(await seenBy('auditor')).toMatchObject({ allowed: false, roleOnly: true });
  });

  it.each([
    ['running', /is running on this target: Sample on_call started it at \d\d:\d\d:\d\d UTC/],
    ['unknown', /^The outcome of RB-\d+ on this target is unknown\./],
  ] as const)('tells who set another one of the target going that is %s', async (status, why) => {
    const rollback = await room.rollback({ status: 'approved' });
    const { name } = rollback.target;
    const other = await room.rollback({ status: 'running', target: { name } });
    await room.control.db
      .insert(tables.runs)
      .values({ rollbackId: other.id, number: 1, requestedBy: room.people.on_call.id });
    await room.control.db
      .update(tables.rollbacks)
      .set({ status })
      .where(eq(tables.rollbacks.id, other.id));
    const seen = await getRoom(
      rollback.as(room.people.on_call),
      { rollback: rollback.label },
      counting(),
    );
    expect(seen.gates.actions.start_run).toEqual({
      allowed: false,
      reason: expect.stringMatching(why),
    });
  });

  it.each([
    ['never', null, 1],
    ['14 s ago', 14, 0],
    ['16 s ago', 16, 1],
  ])('compares a plan that was compared %s: %s', async (_name, secondsAgo, times) => {
    const rollback = await room.rollback();
    if (secondsAgo !== null) await compared(rollback, secondsAgo);
    const deps = counting();
    await open(rollback, deps);
    expect(deps.asked).toBe(times);
  });

  it.each([
    ['draft', 1],
    ['awaiting_approval', 1],
    ['approved', 1],
    ['running', 0],
    ['succeeded', 0],
    // Resume goes by it, and so does what the room says of the database.
    ['stopped', 1],
    ['unknown', 0],
    ['rejected', 0],
    ['cancelled', 0],
    ['expired', 0],
  ] as const)('compares a rollback that is %s: %i', async (status, times) => {
    const rollback = await room.rollback({ status });
    const deps = counting();
    await open(rollback, deps);
    expect(deps.asked).toBe(times);
  });

  it('compares anew what was compared before a run that has stopped since', async () => {
    const rollback = await room.rollback({ status: 'running' });
    const [run] = await room.control.db
      .insert(tables.runs)
      .values({ rollbackId: rollback.id, number: 1, requestedBy: room.people.on_call.id })
      .returning({ id: tables.runs.id });
    const change = (to: Partial<typeof tables.runs.$inferInsert>, ended?: number) =>
      room.control.db
        .update(tables.runs)
        .set({
          ...to,
          ...(ended && { finishedAt: sql`clock_timestamp() - make_interval(secs => ${ended})` }),
        })
        .where(eq(tables.runs.id, run?.id ?? 0));
    await change({ state: 'running', epoch: 1 });
    await change({ state: 'finished' }, 5);
    await room.control.db
      .update(tables.rollbacks)
      .set({ status: 'stopped' })
      .where(eq(tables.rollbacks.id, rollback.id));
    const deps = counting();
    await compared(rollback, 2);
    await open(rollback, deps);
    expect(deps.asked).toBe(0);
    await compared(rollback, 8);
    await open(rollback, deps);
    expect(deps.asked).toBe(1);
  });

  it('shows what the comparison has just found', async () => {
    const rollback = await room.rollback();
    const changes = [{ kind: 'up_file' as const, subject: '0035', message: '0035 changed.' }];
    const found = await open(rollback, {
      async checkPlan(ctx, rollbackId) {
        const check = { ...CHECK, changes };
        await ctx.db
          .update(tables.rollbacks)
          .set({ planCheck: check })
          .where(eq(tables.rollbacks.id, rollbackId));
        return check;
      },
    });
    expect(found.planCheck?.changes).toEqual(changes);
    expect(found.gates.steps[0]).toMatchObject({ step: 'plan', open: false });
  });

  it('opens although the comparison hangs, once its patience is over', async () => {
    const rollback = await room.rollback();
    const began = performance.now();
    const found = await open(rollback, { checkPlan: () => new Promise(() => {}), patienceMs: 50 });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(found).toMatchObject({ label: rollback.label, planCheck: null });
  });

  it('opens although the comparison fails, early or late', async () => {
    const rollback = await room.rollback();
    let fail: (cause: Error) => void = () => undefined;
    const late = new Promise<PlanCheck>((_resolve, reject) => {
      fail = reject;
    });
    const early = () => Promise.reject(new Error('the target is away'));
    expect((await open(rollback, { checkPlan: early })).planCheck).toBeNull();
    expect((await open(rollback, { checkPlan: () => late, patienceMs: 1 })).planCheck).toBeNull();
    // An unhandled rejection would fail the test run.
    fail(new Error('the target is away'));
  });

  it.each(['RB-9999', 'RB-1', 'x', ''])('does not know %j', async (label) => {
    await expect(
      getRoom(room.as(room.people.auditor), { rollback: label }, counting()),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('says what to do when the target has left the configuration', async () => {
    const rollback = await room.rollback();
    await expect(
      getRoom(room.as(room.people.auditor), { rollback: rollback.label }, counting()),
    ).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(`'${rollback.target.name}'`),
    });
  });

  it('is not for who is not signed in', async () => {
    const rollback = await room.rollback();
    await expect(
      getRoom(rollback.as(ANONYMOUS), { rollback: rollback.label }, counting()),
    ).rejects.toMatchObject({ code: 'forbidden' });
  });
});
