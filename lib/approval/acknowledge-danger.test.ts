import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFacts, readEvents, tables } from '@/lib/control';
import type { PlanStep } from '@/lib/core/plan';
import { acknowledgeDanger, decideApproval, requestApproval } from '.';
import {
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

const drop = (index: number, column: string): PlanStep['statements'][number] => ({
  index,
  text: `ALTER TABLE rooms DROP COLUMN ${column}`,
  line: index + 1,
  kind: 'AlterTableStmt',
  transactional: true,
  hazards: [{ code: 'drops_column', severity: 'danger', label: `Drops column ${column}` }],
});

const STEP: PlanStep = {
  position: 0,
  tag: '0035_fix_timestamps',
  number: '0035',
  upHash: 'u',
  row: { id: 35, hash: 'u', createdAt: '35' },
  rollbackFile: '0035_rollback.sql',
  pairedBy: 'number',
  rollbackSha256: 'r',
  rollbackSql: '',
  unwrapped: false,
  statements: [drop(0, 'topic'), drop(1, 'emoji')],
};

const dangerous = () => room.rollback({ plan: { steps: [STEP] } });
const dangersOf = async (rollback: ReadyRollback) =>
  (await loadFacts(rollback.as(room.people.on_call), rollback.id)).input.dangers;
const tick = (rollback: ReadyRollback, key: string, digest = DIGEST, who = room.people.on_call) =>
  acknowledgeDanger(rollback.as(who), { rollback: rollback.label, digest, key });
const ask = (rollback: ReadyRollback) =>
  requestApproval(
    rollback.as(room.people.on_call),
    { rollback: rollback.label, digest: DIGEST },
    unchanged,
  );

describe('dangers', () => {
  it('keep approval from being asked for until each is taken on, by name', async () => {
    const rollback = await dangerous();
    const [topic, emoji] = await dangersOf(rollback);
    await expect(ask(rollback)).rejects.toMatchObject({ code: 'gate_closed' });
    await tick(rollback, topic?.key ?? '');
    await expect(ask(rollback)).rejects.toThrow('One danger has not been acknowledged');
    await tick(rollback, emoji?.key ?? '');
    await ask(rollback);

    const events = await readEvents({ db: room.control.db }, rollback.id);
    expect(events.filter(({ kind }) => kind === 'danger.acknowledged')).toMatchObject([
      { payload: { title: 'Drops column topic', by: room.people.on_call.name } },
      { payload: { title: 'Drops column emoji' } },
    ]);
    expect(await rollback.history()).toEqual([
      ['danger.acknowledge', 'done'],
      ['danger.acknowledge', 'done'],
      ['approval.request', 'done'],
    ]);
  });

  it('are on the record of the request and of the approval', async () => {
    const rollback = await dangerous();
    for (const { key } of await dangersOf(rollback)) await tick(rollback, key);
    await ask(rollback);
    await decideApproval(
      rollback.as(room.people.reviewer),
      { rollback: rollback.label, digest: DIGEST, decision: 'approved', comment: '' },
      unchanged,
    );
    const rows = await room.control.db
      .select()
      .from(tables.auditLog)
      .where(eq(tables.auditLog.subject, rollback.label))
      .orderBy(tables.auditLog.seq);
    for (const action of ['approval.request', 'approval.approve']) {
      expect(rows.find((row) => row.action === action)?.payload).toMatchObject({
        rehearsed_on: 'replay',
        losses: [],
        dangers: [
          { title: 'Drops column topic', acknowledged_by: room.people.on_call.name },
          { title: 'Drops column emoji', acknowledged_by: room.people.on_call.name },
        ],
      });
    }
  });

  it('are taken on once: the first name stays', async () => {
    const rollback = await dangerous();
    const [topic] = await dangersOf(rollback);
    await tick(rollback, topic?.key ?? '');
    await tick(rollback, topic?.key ?? '', DIGEST, room.people.admin);
    const { acknowledgements } = (await loadFacts(rollback.as(room.people.admin), rollback.id))
      .input;
    expect(acknowledgements.map(({ by }) => by.name)).toEqual([room.people.on_call.name]);
    expect(await rollback.history()).toHaveLength(1);
  });

  it.each(['reviewer', 'auditor'] as const)('are not taken on by a %s', async (role) => {
    const rollback = await dangerous();
    const [topic] = await dangersOf(rollback);
    await expect(tick(rollback, topic?.key ?? '', DIGEST, room.people[role])).rejects.toMatchObject(
      { code: 'forbidden' },
    );
    expect(await rollback.history()).toEqual([]);
  });

  it('void an approval that was given before they were known', async () => {
    const rollback = await dangerous();
    for (const { key } of await dangersOf(rollback)) await tick(rollback, key);
    await ask(rollback);
    const approve = () =>
      decideApproval(
        rollback.as(room.people.reviewer),
        { rollback: rollback.label, digest: DIGEST, decision: 'approved', comment: '' },
        unchanged,
      );
    expect(await approve()).toEqual({ status: 'approved' });

    // Rehearsed again: the live target holds more by now.
    const finding = {
      position: 0,
      statement: 0,
      code: 'cascade' as const,
      severity: 'danger' as const,
      message: 'CASCADE takes along with table public.rooms: view public.busy.',
    };
    const [{ result } = { result: null }] = await room.control.db
      .select()
      .from(tables.rehearsals)
      .where(eq(tables.rehearsals.rollbackId, rollback.id));
    if (!result) throw new Error('the fixture has no rehearsal');
    await room.control.db
      .update(tables.rehearsals)
      .set({ result: { ...result, impact: { ...result.impact, findings: [finding] } } })
      .where(eq(tables.rehearsals.rollbackId, rollback.id));
    const late = (await dangersOf(rollback)).find(({ code }) => code === 'cascade');
    await tick(rollback, late?.key ?? '');

    expect((await rollback.row()).status).toBe('draft');
    expect(await rollback.approvals()).toMatchObject([
      { voidedAt: expect.any(String), voidReason: expect.stringContaining('view public.busy') },
    ]);
    expect(await rollback.history()).toContainEqual(['approval.void', 'done']);
    await ask(rollback);
    expect(await approve()).toEqual({ status: 'approved' });
  });

  it('can’t be taken on for another plan, nor where there is none', async () => {
    const rollback = await dangerous();
    const [topic] = await dangersOf(rollback);
    await expect(tick(rollback, topic?.key ?? '', 'another')).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(tick(rollback, '0/7/drops_table/Drops everything')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('can’t be taken on before the rehearsal, or when the run has begun', async () => {
    const rollback = await dangerous();
    const [topic] = await dangersOf(rollback);
    await room.control.db
      .update(tables.rehearsals)
      .set({ state: 'failed' })
      .where(eq(tables.rehearsals.rollbackId, rollback.id));
    await expect(tick(rollback, topic?.key ?? '')).rejects.toMatchObject({ code: 'gate_closed' });
    const running = await room.rollback({ plan: { steps: [STEP] }, status: 'running' });
    await expect(tick(running, topic?.key ?? '')).rejects.toMatchObject({ code: 'gate_closed' });
  });
});
