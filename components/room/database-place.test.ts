import { describe, expect, it } from 'vitest';
import type { PlanCheck, StepEvidence, StepStatus } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import type { RollbackStatus } from '@/lib/core/rollback';
import { buildTimeline, type TimelineState } from '@/lib/core/timeline';
import { headAfter, isPast, movedAway, placeOf } from './database-place';
import { fenceFixture } from './testing/room-fixture';

const plan = {
  from: { tag: '0035_c', number: '0035' },
  to: { tag: '0032_z', number: '0032' },
  steps: ['0035', '0034', '0033'].map((number) => ({
    number,
    statements: [
      { index: 0, transactional: true },
      { index: 1, transactional: true },
      { index: 2, transactional: false },
    ],
  })),
} as unknown as Plan;

const evidence = (statuses: StepStatus[], ok = true): StepEvidence[] =>
  statuses.map((status, position) => ({
    position,
    tag: `${position}`,
    status,
    partsDone: 0,
    startedAt: null,
    finishedAt: null,
    error: null,
    verification:
      status === 'committed'
        ? {
            ok,
            how: ok ? 'fingerprint_equal' : 'different',
            expectedFingerprint: 'a',
            foundFingerprint: ok ? 'a' : 'b',
            differences: [],
          }
        : null,
  }));

const timeline = (states: TimelineState[]) => {
  const built = buildTimeline([1, 1, 1], []);
  states.forEach((state, position) => {
    const step = built.steps[position];
    if (step) step.state = state;
  });
  return built;
};

describe('headAfter', () => {
  it.each([
    [0, '0035'],
    [1, '0034'],
    [2, '0033'],
    [3, '0032'],
  ])('%i steps undone: the head is %s', (done, head) => {
    expect(headAfter(plan, done)).toBe(head);
  });
});

describe('placeOf', () => {
  it('is at the beginning before anything ran', () => {
    expect(
      placeOf(plan, evidence(['pending', 'pending', 'pending']), timeline([]), 'approved'),
    ).toEqual({
      done: 0,
      at: '0035',
      orAt: null,
      inside: null,
      verified: null,
      undone: [],
    });
  });

  it('takes what the timeline knows before the room has been read again', () => {
    const place = placeOf(
      plan,
      evidence(['running', 'pending', 'pending']),
      timeline(['committed', 'running', 'waiting']),
      'running',
    );
    expect(place).toMatchObject({ done: 1, at: '0034', undone: ['0035'], verified: false });
  });

  it('takes what the room knows while the stream is cut', () => {
    const place = placeOf(
      plan,
      evidence(['committed', 'committed', 'pending']),
      timeline(['running']),
      'running',
    );
    expect(place).toMatchObject({ done: 2, at: '0033', undone: ['0035', '0034'], verified: true });
  });

  it('names both places while a COMMIT has no answer', () => {
    const place = placeOf(
      plan,
      evidence(['committed', 'unknown', 'pending']),
      timeline(['committed', 'unknown', 'waiting']),
      'running',
    );
    expect(place).toMatchObject({ at: '0034', orAt: '0033' });
  });

  it('names both places as long as the rollback is unknown, whatever the steps say', () => {
    const some = evidence(['committed', 'running', 'pending']);
    expect(placeOf(plan, some, timeline([]), 'unknown')).toMatchObject({
      at: '0034',
      orAt: '0033',
    });
    const all = evidence(['committed', 'committed', 'committed']);
    expect(placeOf(plan, all, timeline([]), 'unknown')).toMatchObject({ at: '0032', orAt: null });
  });

  it('names both ends of a chain that is one transaction', () => {
    const some = evidence(['committed', 'unknown', 'unknown']);
    const states = timeline(['committed', 'unknown', 'unknown']);
    expect(placeOf(plan, some, states, 'unknown', true)).toMatchObject({
      at: '0034',
      orAt: '0032',
    });
  });

  it('tells of a step that is in by half', () => {
    const some = evidence(['committed', 'failed', 'pending']);
    Object.assign(some[1] ?? {}, { partsDone: 2 });
    expect(placeOf(plan, some, timeline(['committed', 'undone']), 'stopped')).toMatchObject({
      at: '0034',
      orAt: null,
      inside: { position: 1, number: '0034', next: '0033', kept: 3, left: false },
    });
  });

  it('takes a statement that was sent alone for half done only once the run is over', () => {
    const some = evidence(['failed', 'pending', 'pending']);
    Object.assign(some[0] ?? {}, { intentPart: 1 });
    expect(placeOf(plan, some, timeline([]), 'running').inside).toBeNull();
    expect(placeOf(plan, some, timeline([]), 'stopped').inside).toMatchObject({
      position: 0,
      kept: 0,
      left: true,
    });
  });

  it('has no doubt left once the run has stopped', () => {
    const some = evidence(['failed', 'pending', 'pending']);
    expect(placeOf(plan, some, timeline(['unknown']), 'stopped').orAt).toBeNull();
  });

  it('is not verified when one step left another schema', () => {
    const all = evidence(['committed', 'committed', 'committed'], false);
    expect(placeOf(plan, all, timeline([]), 'succeeded')).toMatchObject({
      done: 3,
      at: '0032',
      verified: false,
    });
  });
});

describe('what others have done since the run stopped', () => {
  const row = (n: number) => ({
    kind: 'tracking_rows' as const,
    subject: `row ${n}`,
    message: `Tracking row ${n} is new.`,
  });
  const found = (changes: PlanCheck['changes'], status: RollbackStatus = 'stopped') =>
    movedAway({ status, planCheck: { checkedAt: '2026-10-28T02:20:00.000Z', changes } });

  it('is told in the words of the comparison', () => {
    expect(found([row(37)])).toBe('Tracking row 37 is new.');
    expect(found([row(37), row(38), row(39)])).toBe('Tracking row 37 is new. And 2 more.');
  });

  it('is nothing where nothing was compared, nothing is other, or nobody could look', () => {
    expect(movedAway({ status: 'stopped', planCheck: null })).toBeNull();
    expect(found([])).toBeNull();
    expect(found([{ kind: 'unreadable', subject: 'db', message: 'No answer.' }])).toBeNull();
  });

  it('is not asked of a file: that moves no database', () => {
    expect(found([{ kind: 'rollback_file', subject: '0035', message: 'Edited.' }])).toBeNull();
  });

  it.each(['draft', 'running', 'succeeded', 'unknown'] as const)('is not said of %s', (status) => {
    expect(found([row(37)], status)).toBeNull();
  });
});

describe('where the database is, is a matter of the past', () => {
  const fence = fenceFixture();
  const released = fenceFixture({ releasedAt: '2026-10-28T02:40:00.000Z' });

  it.each([
    ['given up', 'cancelled', null, true],
    ['given up with its fence up', 'cancelled', fence, true],
    ['done, its fence up', 'succeeded', fence, false],
    ['done, its fence released', 'succeeded', released, true],
    ['done without any', 'succeeded', null, true],
    ['stopped', 'stopped', null, false],
    ['running', 'running', null, false],
    ['unknown', 'unknown', fence, false],
  ] as const)('%s', (_what, status, guard, past) => {
    expect(isPast({ status, fence: guard })).toBe(past);
  });
});
