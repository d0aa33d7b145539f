import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createReadyRoom,
  type ReadyRollback,
  type ReadyRoom,
} from '@/lib/approval/ready-rollback.fixture';
import { ANONYMOUS } from '@/lib/core/actor';
import { listRollbacks, listRollbacksInput } from '.';

let room: ReadyRoom;
let made: ReadyRollback[];

beforeAll(async () => {
  room = await createReadyRoom();
  made = [
    await room.rollback({ reason: '100% of orders fail', incident: 'INC-7' }),
    await room.rollback({ reason: '100 orders fail', status: 'awaiting_approval' }),
    await room.rollback({ reason: 'snake_case', requestedBy: room.people.admin.id }),
    await room.rollback({ reason: 'snakeXcase', status: 'succeeded' }),
    await room.rollback({ reason: 'C:\\temp', status: 'awaiting_approval' }),
  ];
});
afterAll(() => room.dispose());

const list = (input: Record<string, unknown> = {}) =>
  listRollbacks(room.as(room.people.auditor), listRollbacksInput.parse(input));
const labels = async (input: Record<string, unknown>) =>
  (await list(input)).lines.map((line) => line.label);

describe('listRollbacks', () => {
  it('has all, newest first, with where each of them stands', async () => {
    const { lines, total, pages, counts, people } = await list();
    expect(lines.map((line) => line.label)).toEqual(made.map(({ label }) => label).reverse());
    expect(lines.at(-1)).toEqual({
      label: 'RB-0001',
      target: 'target-1',
      environment: 'production',
      fromNumber: '0035',
      toNumber: '0034',
      status: 'draft',
      outcome: null,
      reason: '100% of orders fail',
      incident: 'INC-7',
      requestedBy: 'Sample on_call',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      stepsDone: 0,
      stepsTotal: 1,
    });
    expect({ total, pages }).toEqual({ total: 5, pages: 1 });
    expect(counts).toEqual({ draft: 2, awaiting_approval: 2, succeeded: 1 });
    expect(people.map((person) => person.name)).toEqual(['Sample admin', 'Sample on_call']);
  });

  it.each([
    [{ status: ['awaiting_approval'] }, ['RB-0005', 'RB-0002']],
    [{ status: ['succeeded', 'draft'] }, ['RB-0004', 'RB-0003', 'RB-0001']],
    [{ status: [], target: 'target-2' }, ['RB-0002']],
    [{ text: '100%' }, ['RB-0001']],
    [{ text: '100' }, ['RB-0002', 'RB-0001']],
    [{ text: 'snake_case' }, ['RB-0003']],
    [{ text: 'SNAKEX' }, ['RB-0004']],
    [{ text: '\\' }, ['RB-0005']],
    [{ text: 'inc-7' }, ['RB-0001']],
    [{ text: ' rb-0004 ' }, ['RB-0004']],
    [{ text: 'RB-9999' }, []],
    [{ text: "' OR true --" }, []],
    [{ text: '100', status: ['draft'] }, ['RB-0001']],
  ])('by %j', async (input, expected) => {
    expect(await labels(input)).toEqual(expected);
    expect((await list(input)).total).toBe(expected.length);
  });

  it('by person', async () => {
    expect(await labels({ person: room.people.admin.id })).toEqual(['RB-0003']);
  });

  it.each([
    { text: 'a\0b' },
    { target: 'a\0b' },
    { status: ['done'] },
    { person: 'me' },
    { page: 0 },
    { page: 1e9 },
    { page: 1.5 },
  ])('refuses %j', (input) => {
    expect(listRollbacksInput.safeParse(input).success).toBe(false);
  });

  it('goes page by page', async () => {
    await Promise.all(Array.from({ length: 46 }, () => room.rollback({ reason: 'many' })));
    const first = await list();
    const second = await list({ page: 2 });
    expect([first.lines.length, second.lines.length]).toEqual([50, 1]);
    expect(second).toMatchObject({ total: 51, pages: 2 });
    expect(second.lines[0]?.label).toBe('RB-0001');
    expect((await list({ page: 3 })).lines).toEqual([]);
  });

  it('is not for who is not signed in', async () => {
    await expect(
      listRollbacks(room.as(ANONYMOUS), listRollbacksInput.parse({})),
    ).rejects.toMatchObject({ code: 'forbidden' });
  });
});
