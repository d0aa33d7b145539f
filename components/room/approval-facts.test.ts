import { describe, expect, it } from 'vitest';
import type { RollbackEvent } from '@/lib/core/events';
import type { PlanChange } from '@/lib/core/plan';
import { summarizeForApproval, undoneRange, whyVoided } from './approval-facts';
import { rehearsalFixture, roomFixture } from './testing/room-fixture';

const change = (message: string): PlanChange => ({
  kind: 'rollback_file',
  subject: '0035',
  message,
});
const changedAt = (seq: number, at: string, message: string): RollbackEvent => ({
  seq,
  at,
  runId: null,
  kind: 'plan.changed',
  payload: { changes: [change(message)] },
});

const events = [
  changedAt(1, '2026-11-22T02:00:00.000Z', 'first'),
  changedAt(2, '2026-11-22T02:30:00.000Z', 'second'),
];

describe('whyVoided', () => {
  it.each([
    ['2026-11-22T02:00:00.004Z', ['first']],
    ['2026-11-22T02:30:01.000Z', ['second']],
    ['2026-11-22T02:15:00.000Z', []],
    [null, []],
  ])('voided at %s', (voidedAt, messages) => {
    expect(whyVoided({ voidedAt }, events).map((one) => one.message)).toEqual(messages);
  });
});

describe('summarizeForApproval', () => {
  it('adds up what the rehearsal saw', () => {
    expect(summarizeForApproval(roomFixture())).toEqual({
      migrations: 3,
      statements: 5,
      objects: { removed: 6, added: 0, changed: 1 },
      rehearsedMs: 1_347,
      measuredOn: null,
    });
  });

  it.each([null, rehearsalFixture({ digest: 'another' })])(
    'claims nothing that was not rehearsed',
    (rehearsal) => {
      expect(summarizeForApproval(roomFixture({ rehearsal }))).toMatchObject({
        statements: 5,
        objects: null,
        rehearsedMs: null,
      });
    },
  );
});

it('names the range that is undone, oldest first', () => {
  const room = roomFixture();
  expect(undoneRange(room)).toBe('0033–0035');
  const one = { plan: { ...room.plan, steps: room.plan.steps.slice(0, 1) } };
  expect(undoneRange(one)).toBe('0035');
});
