import { describe, expect, it } from 'vitest';
import { applyRetention, type KeptCandidate } from './retention';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const DAY = 24 * 3_600_000;

const backup = (id: number, ageDays: number, over: Partial<KeptCandidate> = {}): KeptCandidate => ({
  id,
  target: 'shop',
  state: 'passed',
  takenAt: NOW - ageDays * DAY,
  ours: true,
  restored: false,
  heldBy: null,
  ...over,
});

const prunedOf = (
  all: KeptCandidate[],
  retention: Parameters<typeof applyRetention>[1] = { count: 2, days: 7 },
) =>
  [...applyRetention(all, retention, NOW)]
    .filter(([, verdict]) => verdict.prune)
    .map(([id]) => id)
    .sort((a, b) => a - b);

describe('what the retention lets go', () => {
  const cases: [string, KeptCandidate[], number[]][] = [
    [
      'all that is older and beyond the count',
      [8, 9, 10, 11].map((age, i) => backup(i + 1, age)),
      [3, 4],
    ],
    ['nothing that is younger', [1, 2, 3, 4, 6.9].map((age, i) => backup(i + 1, age)), []],
    ['what is exactly as old', [1, 2, 7].map((age, i) => backup(i + 1, age)), [3]],
    ['nothing within the count, however old', [backup(1, 400), backup(2, 900)], []],
    ['never the only confirmed one', [backup(1, 4_000)], []],
    [
      'nothing that an open rollback refers to',
      [backup(1, 1), backup(2, 2), backup(3, 90, { heldBy: 'RB-0007' }), backup(4, 91)],
      [4],
    ],
    [
      'nothing whose bytes are not ours, which counts for nothing either',
      [
        backup(1, 1, { ours: false }),
        backup(2, 2, { ours: false }),
        backup(3, 90, { ours: false }),
        backup(4, 91),
        backup(5, 92),
        backup(6, 93),
      ],
      [6],
    ],
    [
      'never the newest that was restored, though newer ones are only read',
      [
        backup(1, 1),
        backup(2, 2),
        backup(3, 30, { restored: true }),
        backup(4, 31, { restored: true }),
      ],
      [4],
    ],
    [
      'leftovers that were never confirmed, which are no confirmed ones',
      [
        backup(1, 30, { state: 'failed' }),
        backup(2, 31, { state: 'interrupted' }),
        backup(3, 2, { state: 'failed' }),
        backup(4, 60),
        backup(5, 61),
      ],
      [1, 2],
    ],
    ['nothing that is being taken', [backup(1, 1), backup(2, 40, { state: 'running' })], []],
    [
      'of each target by itself',
      [
        backup(1, 30),
        backup(2, 31),
        backup(3, 32),
        backup(4, 33, { target: 'blog' }),
        backup(5, 34, { target: 'blog' }),
      ],
      [3],
    ],
  ];
  it.each(cases)('%s', (_name, all, expected) => {
    expect(prunedOf(all)).toEqual(expected);
  });

  it('nothing at all without a retention', () => {
    const all = [1, 2, 3, 4].map((id) => backup(id, id * 1_000));
    const found = [...applyRetention(all, undefined, NOW).values()];
    expect(found.map(({ prune }) => prune)).toEqual([false, false, false, false]);
    expect(found[3]?.reason).toBe('No retention is configured.');
  });

  it('and says why, for each', () => {
    const all = [
      backup(1, 1),
      backup(2, 2),
      backup(3, 3),
      backup(4, 40, { heldBy: 'RB-0007' }),
      backup(5, 50),
      backup(6, 60, { state: 'failed' }),
      backup(7, 70, { ours: false }),
    ];
    const found = applyRetention(all, { count: 2, days: 7 }, NOW);
    expect([...found.values()].map(({ reason }) => reason)).toEqual([
      'It is the newest confirmed one of its target.',
      'It is younger than 7 days.',
      'It is younger than 7 days.',
      'RB-0007 refers to it.',
      'It is older than 7 days and not among the newest 2 of its target.',
      'It was never confirmed and is older than 7 days.',
      'Backstep does not keep its bytes, and leaves them alone.',
    ]);
  });
});
