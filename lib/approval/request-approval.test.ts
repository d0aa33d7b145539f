import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import type { Actor } from '@/lib/core/actor';
import { requestApproval } from '.';
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

const ask = (rollback: ReadyRollback, actor: Actor = room.people.on_call, digest = DIGEST) =>
  requestApproval(rollback.as(actor), { rollback: rollback.label, digest }, unchanged);

describe('requestApproval', () => {
  it('makes the draft wait for a reviewer, and says on what evidence', async () => {
    const rollback = await room.rollback();
    await ask(rollback);
    const row = await rollback.row();
    expect(row.status).toBe('awaiting_approval');
    expect(row.approvalRequestedAt).not.toBeNull();
    const [audit] = await room.control.db
      .select()
      .from(tables.auditLog)
      .where(eq(tables.auditLog.subject, rollback.label));
    expect(audit).toMatchObject({
      action: 'approval.request',
      target: rollback.target.name,
      payload: { digest: DIGEST, backup: expect.stringMatching(/^B-\d{4}$/) },
    });
  });

  it('is asked for once, of two who press at the same time', async () => {
    const rollback = await room.rollback();
    const both = await Promise.allSettled([ask(rollback), ask(rollback, room.people.admin)]);
    expect(both.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await rollback.history()).toEqual([['approval.request', 'done']]);
  });

  it('refuses a page that shows another plan', async () => {
    const rollback = await room.rollback();
    await expect(ask(rollback, room.people.on_call, 'another')).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await rollback.row()).status).toBe('draft');
  });

  it.each(['rehearsals', 'backups'] as const)('refuses without %s', async (table) => {
    const rollback = await room.rollback();
    await room.control.db.delete(tables[table]).where(eq(tables[table].rollbackId, rollback.id));
    await expect(ask(rollback)).rejects.toMatchObject({ code: 'gate_closed' });
    expect((await rollback.row()).status).toBe('draft');
    expect(await rollback.history()).toEqual([]);
  });

  it('refuses on a rehearsal of an older version, which proved nothing', async () => {
    const rollback = await room.rollback();
    const of = eq(tables.rehearsals.rollbackId, rollback.id);
    await room.control.db
      .update(tables.rehearsals)
      .set({ result: sql`${tables.rehearsals.result} - 'proofs' - 'impact'` })
      .where(of);
    await expect(ask(rollback)).rejects.toThrow('Rehearse again');
  });

  it('refuses when something pinned has changed', async () => {
    const rollback = await room.rollback();
    const changed = comparing({ kind: 'up_file', subject: '0035', message: '0035 changed.' });
    await expect(
      requestApproval(
        rollback.as(room.people.on_call),
        { rollback: rollback.label, digest: DIGEST },
        changed,
      ),
    ).rejects.toMatchObject({
      code: 'gate_closed',
      message: 'The plan no longer matches: 0035 changed.',
    });
  });

  it.each(['reviewer', 'auditor'] as const)('is not for the role %s', async (role) => {
    const rollback = await room.rollback();
    await expect(ask(rollback, room.people[role])).rejects.toMatchObject({ code: 'forbidden' });
    expect((await rollback.row()).status).toBe('draft');
  });
});
