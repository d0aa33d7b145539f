import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents, tables } from '@/lib/control';
import type { Actor } from '@/lib/core/actor';
import { checkPlan } from '@/lib/plan';
import { createPlanRoom } from '@/lib/plan/plan-room.fixture';
import { type ApprovalDeps, decideApproval, decideApprovalInput } from '.';
import {
  comparing,
  createReadyRoom,
  DIGEST,
  type ReadyRollback,
  type ReadyRoom,
  unchanged,
} from './ready-rollback.fixture';

let room: ReadyRoom;

beforeAll(async () => {
  room = await createReadyRoom();
});
afterAll(() => room.dispose());

function decide(
  rollback: ReadyRollback,
  actor: Actor,
  more: { decision?: 'approved' | 'rejected'; digest?: string; comment?: string } = {},
  deps: ApprovalDeps = unchanged,
) {
  const input = { decision: 'approved' as const, digest: DIGEST, comment: '', ...more };
  return decideApproval(rollback.as(actor), { rollback: rollback.label, ...input }, deps);
}

const waiting = (more: Parameters<ReadyRoom['rollback']>[0] = {}) =>
  room.rollback({ status: 'awaiting_approval', ...more });

/** Nothing was decided: no row, no event, no audit row, and it still waits. */
async function expectUndecided(rollback: ReadyRollback): Promise<void> {
  expect(await rollback.approvals()).toEqual([]);
  expect((await rollback.row()).status).toBe('awaiting_approval');
  expect(await rollback.history()).toEqual([]);
  expect(await readEvents(room.as(room.people.admin), rollback.id)).toEqual([]);
}

describe('decideApproval', () => {
  it('approves for one digest, and runs nothing', async () => {
    const rollback = await waiting();
    expect(await decide(rollback, room.people.reviewer, { comment: 'read it' })).toEqual({
      status: 'approved',
    });
    expect(await rollback.approvals()).toMatchObject([
      {
        digest: DIGEST,
        decision: 'approved',
        comment: 'read it',
        decidedBy: room.people.reviewer.id,
        voidedAt: null,
      },
    ]);
    expect((await rollback.row()).status).toBe('approved');
    expect(await rollback.history()).toEqual([['approval.approve', 'done']]);
    const events = await readEvents(room.as(room.people.admin), rollback.id);
    expect(events.map((event) => event.kind)).toEqual(['approval.decided', 'status.changed']);
    expect(await room.control.db.select().from(tables.runs)).toEqual([]);
  });

  it('rejects for good', async () => {
    const rollback = await waiting();
    const comment = 'It drops the wrong column';
    expect(await decide(rollback, room.people.reviewer, { decision: 'rejected', comment })).toEqual(
      { status: 'rejected' },
    );
    expect((await rollback.row()).status).toBe('rejected');
    expect(await rollback.history()).toEqual([['approval.reject', 'done']]);
    await expect(decide(rollback, room.people.admin)).rejects.toMatchObject({
      code: 'gate_closed',
    });
  });

  it.each(['', '   '])('needs words for a rejection, not %j', (comment) => {
    const input = { rollback: 'RB-0001', digest: DIGEST, decision: 'rejected', comment };
    expect(decideApprovalInput.safeParse(input).error?.issues[0]?.message).toMatch(/^Say why/);
    expect(decideApprovalInput.safeParse({ ...input, decision: 'approved' }).success).toBe(true);
  });

  it('is not for who asked, administrator or not', async () => {
    const requester = await room.another('admin');
    const rollback = await waiting({ requestedBy: requester.id });
    for (const decision of ['approved', 'rejected'] as const) {
      await expect(
        decide(rollback, requester, { decision, comment: 'mine' }),
      ).rejects.toMatchObject({
        code: 'gate_closed',
        message: expect.stringContaining('You asked for this'),
      });
    }
    await expectUndecided(rollback);
  });

  it.each(['on_call', 'auditor'] as const)('is not for the role %s', async (role) => {
    const rollback = await waiting();
    const other = await room.another(role);
    await expect(decide(rollback, other)).rejects.toMatchObject({ code: 'forbidden' });
    await expectUndecided(rollback);
  });

  it('refuses a page that shows another plan', async () => {
    const rollback = await waiting();
    for (const decision of ['approved', 'rejected'] as const) {
      await expect(
        decide(rollback, room.people.reviewer, { decision, digest: 'another', comment: 'x' }),
      ).rejects.toMatchObject({ code: 'conflict' });
    }
    await expectUndecided(rollback);
  });

  it('waits for as many as the policy asks for, each of them once', async () => {
    const rollback = await waiting({ policy: { approvals: 2 } });
    const second = await room.another('reviewer');
    expect(await decide(rollback, room.people.reviewer)).toEqual({ status: 'awaiting_approval' });
    await expect(decide(rollback, room.people.reviewer)).rejects.toMatchObject({
      code: 'gate_closed',
      message: 'You have approved already.',
    });
    expect(await decide(rollback, second)).toEqual({ status: 'approved' });
    expect(await rollback.approvals()).toHaveLength(2);
  });

  it('counts a reviewer once who presses twice at once', async () => {
    const rollback = await waiting({ policy: { approvals: 2 } });
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => decide(rollback, room.people.reviewer)),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(await rollback.approvals()).toHaveLength(1);
    expect((await rollback.row()).status).toBe('awaiting_approval');
  });

  it('does not count an approval that was voided, or was of another digest', async () => {
    const rollback = await waiting({ policy: { approvals: 2 } });
    const by = { rollbackId: rollback.id, decision: 'approved' as const, comment: '' };
    const [one, two] = [await room.another('reviewer'), await room.another('reviewer')];
    await room.control.db.insert(tables.approvals).values([
      { ...by, digest: DIGEST, decidedBy: one.id, voidedAt: new Date().toISOString() },
      { ...by, digest: 'another', decidedBy: two.id },
    ]);
    expect(await decide(rollback, room.people.reviewer)).toEqual({ status: 'awaiting_approval' });
    expect(await decide(rollback, one)).toEqual({ status: 'approved' });
  });

  it('tells the slower of two reviewers who was faster', async () => {
    const rollback = await waiting();
    const other = await room.another('reviewer');
    const results = await Promise.allSettled([
      decide(rollback, room.people.reviewer),
      decide(rollback, other),
    ]);
    const slower = results.find((result) => result.status === 'rejected');
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(slower?.reason).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/^RB-\d{4} has been approved by Sample reviewer already\.$/),
    });
    expect(await rollback.approvals()).toHaveLength(1);
    expect(await rollback.history()).toEqual([['approval.approve', 'done']]);
  });

  it('is one decision, when one approves as another rejects', async () => {
    const rollback = await waiting();
    const other = await room.another('reviewer');
    const results = await Promise.allSettled([
      decide(rollback, room.people.reviewer),
      decide(rollback, other, { decision: 'rejected', comment: 'no' }),
    ]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(await rollback.approvals()).toHaveLength(1);
    expect(['approved', 'rejected']).toContain((await rollback.row()).status);
  });

  it('lets two reviewers approve at once when the policy asks for two', async () => {
    const rollback = await waiting({ policy: { approvals: 2 } });
    const other = await room.another('reviewer');
    const results = await Promise.all([
      decide(rollback, room.people.reviewer),
      decide(rollback, other),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual([
      'approved',
      'awaiting_approval',
    ]);
    expect((await rollback.row()).status).toBe('approved');
  });

  it.each(['draft', 'cancelled', 'expired', 'running', 'succeeded'] as const)(
    'decides nothing about a rollback that is %s',
    async (status) => {
      const rollback = await room.rollback({ status });
      await expect(decide(rollback, room.people.reviewer)).rejects.toMatchObject({
        code: 'gate_closed',
      });
      expect(await rollback.approvals()).toEqual([]);
    },
  );

  it('approves nothing that could not be compared, but may reject it', async () => {
    const rollback = await waiting();
    const unreadable = comparing({
      kind: 'unreadable',
      subject: 'db:5432',
      message: 'The target does not answer.',
    });
    await expect(decide(rollback, room.people.reviewer, {}, unreadable)).rejects.toMatchObject({
      code: 'gate_closed',
      message: 'The target does not answer.',
    });
    await expectUndecided(rollback);
    await decide(
      rollback,
      room.people.reviewer,
      { decision: 'rejected', comment: 'x' },
      unreadable,
    );
    expect((await rollback.row()).status).toBe('rejected');
  });

  it('does not know every rollback', async () => {
    const rollback = await waiting();
    const input = { digest: DIGEST, decision: 'approved' as const, comment: '' };
    for (const label of ['RB-9999', 'RB-1', '1', '', 'RB-0001; --']) {
      await expect(
        decideApproval(rollback.as(room.people.reviewer), { ...input, rollback: label }, unchanged),
      ).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});

it('a script that changed while the reviewer read is not approved, and the request is void', async () => {
  const planRoom = await createPlanRoom();
  try {
    const sample = await planRoom.shop();
    const { id, label } = await planRoom.plan(sample);
    await planRoom.force(id, 'awaiting_approval');
    const { planDigest } = await planRoom.row(id);
    await writeFile(path.join(sample.target.rollbacks, '0002_rollback.sql'), 'SELECT 1;');
    const ctx = planRoom.room.as(planRoom.room.people.reviewer, sample.target);
    await expect(
      decideApproval(
        ctx,
        { rollback: label, digest: planDigest, decision: 'approved', comment: '' },
        { checkPlan },
      ),
    ).rejects.toMatchObject({
      code: 'plan_stale',
      message: expect.stringMatching(/nothing was approved: 0002_rollback\.sql changed/),
    });
    expect((await planRoom.row(id)).status).toBe('draft');
    const approvals = await planRoom.room.control.db.select().from(tables.approvals);
    expect(approvals).toEqual([]);
  } finally {
    await planRoom.dispose();
  }
});
