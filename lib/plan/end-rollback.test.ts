import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import { SYSTEM_ACTOR } from '@/lib/core/actor';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { addPerson } from '@/lib/migrations/sample-control.fixture';
import { cancelRollback, expireOld } from '.';
import { createPlanRoom, type PlanRoom } from './plan-room.fixture';

let it_: PlanRoom;
beforeAll(async () => {
  it_ = await createPlanRoom();
});
afterAll(() => it_.dispose());

describe('cancelling', () => {
  it.each([
    ['draft', []],
    ['awaiting_approval', ['awaiting_approval']],
    ['approved', ['awaiting_approval', 'approved']],
    ['stopped', ['awaiting_approval', 'approved', 'running', 'stopped']],
  ] as const)('ends a rollback that is %s', async (status, way) => {
    const { id, label, ctx } = await it_.plan(await it_.shop());
    await it_.force(id, ...way);
    await cancelRollback(ctx, { rollback: label });
    expect((await it_.row(id)).status).toBe('cancelled');
    expect((await it_.audit(label)).at(-1)).toMatchObject({
      action: 'rollback.cancel',
      payload: { was: status, steps_done: 0, steps_total: 2 },
    });
    await expect(cancelRollback(ctx, { rollback: label })).rejects.toMatchObject({
      code: 'gate_closed',
    });
  });

  it('is refused while it runs, to a reviewer, and for what does not exist', async () => {
    const sample = await it_.shop();
    const { id, label, ctx } = await it_.plan(sample);
    await it_.force(id, 'approved', 'running');
    await expect(cancelRollback(ctx, { rollback: label })).rejects.toMatchObject({
      code: 'gate_closed',
    });
    const reviewer = it_.room.as(it_.room.people.reviewer, sample.target);
    await expect(cancelRollback(reviewer, { rollback: label })).rejects.toMatchObject({
      code: 'forbidden',
    });
    for (const rollback of ['RB-9999', 'nonsense']) {
      await expect(cancelRollback(ctx, { rollback })).rejects.toMatchObject({ code: 'not_found' });
    }
    expect((await it_.row(id)).status).toBe('running');
  });
});

describe('expiry', () => {
  const policy = { ...DEFAULT_POLICY, approval_max_age_hours: 2 };
  const { rollbacks, approvals } = tables;

  async function requested(hours: number) {
    const sample = await it_.shop({ policy });
    const plan = await it_.plan(sample);
    await it_.force(plan.id, 'awaiting_approval');
    await it_.room.control.db
      .update(rollbacks)
      .set({ approvalRequestedAt: sql`now() - make_interval(hours => ${hours})` })
      .where(eq(rollbacks.id, plan.id));
    return { ...plan, sweep: it_.room.as(SYSTEM_ACTOR, sample.target) };
  }

  async function approvedBy(id: number, hours: number) {
    await it_.approve(id, await addPerson(it_.room.control, 'reviewer'));
    await it_.room.control.db
      .update(approvals)
      .set({ at: sql`now() - make_interval(hours => ${hours})` })
      .where(eq(approvals.rollbackId, id));
    await it_.force(id, 'approved');
  }

  it('ends a request that nobody decided in time, once', async () => {
    const { id, label, sweep } = await requested(3);
    expect(await expireOld(sweep)).toEqual([label]);
    expect((await it_.row(id)).status).toBe('expired');
    expect((await it_.audit(label)).at(-1)).toMatchObject({
      action: 'rollback.expire',
      actorId: 'backstep',
      payload: { was: 'awaiting_approval', max_age_hours: 2 },
    });
    expect((await it_.eventKinds(id)).at(-1)).toBe('status.changed');
    expect(await expireOld(sweep)).toEqual([]);
  });

  it('leaves a young request, and one whose target is not configured', async () => {
    const young = await requested(1);
    expect(await expireOld(young.sweep)).toEqual([]);
    const lost = await requested(3);
    expect(await expireOld(it_.room.as(SYSTEM_ACTOR))).toEqual([]);
    expect((await it_.row(lost.id)).status).toBe('awaiting_approval');
  });

  it('ends an approval that is too old, by when it was given and not by when it was asked', async () => {
    const old = await requested(9);
    await approvedBy(old.id, 3);
    expect(await expireOld(old.sweep)).toEqual([old.label]);
    const fresh = await requested(9);
    await approvedBy(fresh.id, 1);
    expect(await expireOld(fresh.sweep)).toEqual([]);
  });

  it('does not end an approval because the policy asks for more of them now', async () => {
    const { id, ctx } = await requested(1);
    await approvedBy(id, 1);
    const [target] = ctx.config.targets;
    if (!target) throw new Error('the context has no target');
    const stricter = { ...target, policy: { ...policy, approvals: 2 } };
    expect(await expireOld(it_.room.as(SYSTEM_ACTOR, stricter))).toEqual([]);
    expect((await it_.row(id)).status).toBe('approved');
  });
});
