import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendAudit } from '@/lib/audit';
import { inTransaction } from '@/lib/control';
import { type Actor, ANONYMOUS, SYSTEM_ACTOR } from '@/lib/core/actor';
import type { AuditAction } from '@/lib/core/audit-actions';
import type { AuditOutcome } from '@/lib/core/views';
import { createSampleControl, type SampleControl } from '@/lib/migrations/sample-control.fixture';
import { historyFilters, listHistory } from '.';

let room: SampleControl;

const WRITTEN: [
  keyof SampleControl['people'] | 'system',
  AuditAction,
  string,
  string | null,
  AuditOutcome,
][] = [
  ['on_call', 'rollback.create', 'RB-0001', 'production', 'done'],
  ['on_call', 'backup.request', 'RB-0001', 'production', 'done'],
  ['system', 'backup.finish', 'RB-0001', 'production', 'failed'],
  ['reviewer', 'approval.approve', 'RB-0001', 'production', 'done'],
  ['on_call', 'rollback.create', 'RB-0002', 'staging', 'done'],
  ['auditor', 'action.refused', 'RB-0002', null, 'refused'],
  ['admin', 'person.add', 'zoe@example.com', null, 'done'],
];

beforeAll(async () => {
  room = await createSampleControl();
  for (const [who, action, subject, target, outcome] of WRITTEN) {
    const actor: Actor = who === 'system' ? SYSTEM_ACTOR : room.people[who];
    await inTransaction(room.as(actor), (tx) =>
      appendAudit(tx, { action, subject, target: target ?? undefined, outcome, payload: { who } }),
    );
  }
});
afterAll(() => room.dispose());

const list = (filters: Record<string, string | undefined> = {}, page = {}) =>
  listHistory(room.as(room.people.auditor), historyFilters.parse(filters), page);
const seqs = async (filters: Record<string, string | undefined>) =>
  (await list(filters)).entries.map((entry) => entry.seq);

/** Puts every row on the day given, as nobody but a superuser can. */
async function on(day: string): Promise<void> {
  const client = await room.control.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    await client.query(
      "UPDATE backstep.audit_log SET at = $1::timestamptz + seq * interval '1 hour'",
      [day],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

describe('listHistory', () => {
  it('has everything, newest first, with who and what', async () => {
    const page = await list();
    expect(page.entries.map((entry) => entry.seq)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(page).toMatchObject({ total: 7, nextBefore: null, targets: ['production', 'staging'] });
    expect(page.entries[4]).toMatchObject({
      actor: { id: 'backstep', name: 'Backstep', role: 'system' },
      action: 'backup.finish',
      subject: 'RB-0001',
      target: 'production',
      outcome: 'failed',
      payload: { who: 'system' },
    });
    expect(page.people.map((person) => person.name)).toEqual([
      'Backstep',
      'Sample admin',
      'Sample auditor',
      'Sample on_call',
      'Sample reviewer',
    ]);
  });

  it.each([
    [{ target: 'production' }, [4, 3, 2, 1]],
    [{ person: 'backstep' }, [3]],
    [{ action: 'rollback.create' }, [5, 1]],
    [{ outcome: 'refused' }, [6]],
    [{ subject: 'RB-0002' }, [6, 5]],
    [{ target: 'production', outcome: 'done', action: 'backup.request' }, [2]],
    [{ target: 'productio%' }, []],
    [{ target: "' OR true --" }, []],
    [{ action: 'no.such.action' }, []],
  ])('by %j', async (filters, expected) => {
    expect(await seqs(filters)).toEqual(expected);
    expect((await list(filters)).total).toBe(expected.length);
  });

  it('by person', async () => {
    expect(await seqs({ person: room.people.on_call.id })).toEqual([5, 2, 1]);
  });

  it('by day, in UTC, both ends included', async () => {
    // Rows 1 … 7 lie on hours 18 … 24 of the first of March: the last one on the second.
    await on('2026-03-01T17:00:00Z');
    expect(await seqs({ from: '2026-03-02' })).toEqual([7]);
    expect(await seqs({ to: '2026-03-01' })).toEqual([6, 5, 4, 3, 2, 1]);
    expect(await seqs({ from: '2026-03-01', to: '2026-03-02' })).toHaveLength(7);
    expect(await seqs({ from: '2026-03-03' })).toEqual([]);
    expect(await seqs({ from: '0001-01-01', to: '9999-12-31' })).toHaveLength(7);
  });

  it.each([
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-00-10',
    '0000-01-01',
    '26-01-01',
    'now',
  ])('refuses the day %s', (day) => {
    expect(historyFilters.safeParse({ from: day }).success).toBe(false);
    expect(historyFilters.safeParse({ to: day }).success).toBe(false);
  });

  it.each(['target', 'person', 'action', 'subject'])('refuses a NUL in %s', (field) => {
    expect(historyFilters.safeParse({ [field]: 'a\0b' }).success).toBe(false);
  });

  it('takes leap days', () => {
    expect(historyFilters.safeParse({ from: '2028-02-29' }).success).toBe(true);
  });

  it('pages from row to row, whatever is appended in between', async () => {
    const filters = { target: 'production' };
    const first = await list(filters, { limit: 2 });
    expect(first).toMatchObject({ total: 4, nextBefore: 3 });
    await inTransaction(room.as(room.people.on_call), (tx) =>
      appendAudit(tx, { action: 'run.start', target: 'production', outcome: 'done' }),
    );
    const second = await list(filters, { limit: 2, before: first.nextBefore });
    expect(second.entries.map((entry) => entry.seq)).toEqual([2, 1]);
    expect(second).toMatchObject({ total: 5, nextBefore: null });
  });

  it('names everybody once, as they were named last', async () => {
    const renamed = { ...room.people.on_call, name: 'Maya' };
    await inTransaction(room.as(renamed), (tx) =>
      appendAudit(tx, { action: 'run.stop', outcome: 'done' }),
    );
    const names = (await list()).people.map((person) => person.name);
    expect(names).toContain('Maya');
    expect(names).not.toContain('Sample on_call');
  });

  it('is not for who is not signed in', async () => {
    await expect(listHistory(room.as(ANONYMOUS), {})).rejects.toMatchObject({ code: 'forbidden' });
  });
});
