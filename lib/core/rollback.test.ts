import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isOpen,
  OPEN_STATUSES,
  parseRollbackLabel,
  ROLLBACK_STATUSES,
  type RollbackStatus,
  rollbackLabel,
  STATUS_CHANGES,
  STATUS_LABELS,
  statusChangeAllowed,
} from './rollback';

/** Written out by hand, so that a change of the table has to be made twice and on purpose. */
const NEXT: Record<RollbackStatus, RollbackStatus[]> = {
  draft: ['awaiting_approval', 'approved', 'cancelled'],
  awaiting_approval: ['approved', 'rejected', 'draft', 'cancelled', 'expired'],
  approved: ['running', 'draft', 'cancelled', 'expired'],
  running: ['succeeded', 'stopped', 'unknown'],
  unknown: ['stopped', 'succeeded'],
  stopped: ['running', 'cancelled'],
  succeeded: [],
  rejected: [],
  cancelled: [],
  expired: [],
};

const reachable = (from: RollbackStatus): Set<RollbackStatus> => {
  const seen = new Set<RollbackStatus>();
  const walk = (status: RollbackStatus) => {
    for (const next of NEXT[status]) {
      if (seen.has(next)) continue;
      seen.add(next);
      walk(next);
    }
  };
  walk(from);
  return seen;
};

describe('status table', () => {
  const pairs = ROLLBACK_STATUSES.flatMap((from) =>
    ROLLBACK_STATUSES.map((to) => [from, to, NEXT[from].includes(to)] as const),
  );

  it.each(pairs)('%s → %s is allowed: %s', (from, to, allowed) => {
    expect(statusChangeAllowed(from, to)).toBe(allowed);
  });

  it('names no change twice and gives each a reason of its own', () => {
    const keys = STATUS_CHANGES.map(([from, to]) => `${from} ${to}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const [, , why] of STATUS_CHANGES) expect(why).toMatch(/^[A-Z].{10,}\.$/);
  });

  it('is the one that the control database enforces', () => {
    const file = new URL('../control/migrations/0001_guards.sql', import.meta.url);
    const sql = readFileSync(fileURLToPath(file), 'utf8');
    const list = /INSERT INTO backstep\.rollback_status_changes[^;]*;/.exec(sql)?.[0] ?? '';
    const enforced = [...list.matchAll(/\('(\w+)', '(\w+)'\)/g)].map((m) => `${m[1]} ${m[2]}`);
    const ours = STATUS_CHANGES.map(([from, to]) => `${from} ${to}`);
    expect(enforced.sort()).toEqual([...ours].sort());
  });

  it('never runs what was not approved', () => {
    const intoRunning = ROLLBACK_STATUSES.filter((from) => statusChangeAllowed(from, 'running'));
    expect(intoRunning).toEqual(['approved', 'stopped']);
  });

  it('never comes back from a run to before it', () => {
    for (const status of ['running', 'stopped', 'unknown', 'succeeded'] as const) {
      const later = reachable(status);
      for (const early of ['draft', 'awaiting_approval', 'approved'] as const) {
        expect(later.has(early), `${status} reaches ${early}`).toBe(false);
      }
    }
  });

  it('can always come to an end', () => {
    for (const status of ROLLBACK_STATUSES) {
      const ends = NEXT[status].length === 0 || [...reachable(status)].some((s) => !NEXT[s].length);
      expect(ends, status).toBe(true);
    }
  });

  it('counts as open exactly what can still change', () => {
    expect(ROLLBACK_STATUSES.filter(isOpen)).toEqual([...OPEN_STATUSES]);
    for (const status of ROLLBACK_STATUSES) {
      expect(isOpen(status), status).toBe(NEXT[status].length > 0);
    }
  });

  it('has a label for each status, none of them used twice', () => {
    const labels = ROLLBACK_STATUSES.map((status) => STATUS_LABELS[status]);
    expect(new Set(labels).size).toBe(ROLLBACK_STATUSES.length);
  });
});

describe('labels', () => {
  it.each([
    [1, 'RB-0001'],
    [42, 'RB-0042'],
    [9_999, 'RB-9999'],
    [10_000, 'RB-10000'],
  ])('number %i is %s', (number, label) => {
    expect(rollbackLabel(number)).toBe(label);
    expect(parseRollbackLabel(label)).toBe(number);
  });

  it.each([
    '',
    'RB-1',
    'RB-001',
    'rb-0001',
    'RB-0001 ',
    ' RB-0001',
    'RB-00x1',
    'RB--0001',
    'RB-0001/..',
    'RB-1234567890',
    'B-0001',
  ])('%j is no label', (text) => {
    expect(parseRollbackLabel(text)).toBeUndefined();
  });

  it('come back as the number they were made from', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), (number) => {
        expect(parseRollbackLabel(rollbackLabel(number))).toBe(number);
      }),
    );
  });
});
