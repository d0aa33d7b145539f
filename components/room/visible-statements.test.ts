import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TimelineStatement } from '@/lib/core/timeline';
import { visibleStatements } from './visible-statements';

const make = (states: TimelineStatement['state'][]): TimelineStatement[] =>
  states.map((state, index) => ({
    index,
    state,
    startedAt: null,
    durationMs: null,
    rows: null,
    kept: false,
    probed: null,
    intent: false,
  }));

it('shows every statement of a short script', () => {
  const rows = visibleStatements(make(['done', 'running', 'waiting']));
  expect(rows).toEqual([0, 1, 2].map((index) => ({ kind: 'statement', index })));
});

it('has nothing to show for an empty script', () => {
  expect(visibleStatements([])).toEqual([]);
});

it('folds long stretches around the one that runs', () => {
  const states = Array.from({ length: 10_000 }, (_, index) =>
    index < 4_000 ? 'done' : index === 4_000 ? 'running' : 'waiting',
  ) as TimelineStatement['state'][];
  const rows = visibleStatements(make(states));
  expect(rows).toContainEqual({ kind: 'statement', index: 4_000 });
  expect(rows).toContainEqual({ kind: 'fold', from: 3, to: 3_996, state: 'done' });
  expect(rows).toContainEqual({ kind: 'fold', from: 4_004, to: 9_996, state: 'waiting' });
  expect(rows.length).toBeLessThan(20);
});

it('accounts for every statement exactly once, in order', () => {
  const state = fc.constantFrom('waiting', 'running', 'done', 'failed') as fc.Arbitrary<
    TimelineStatement['state']
  >;
  const stretches = fc.array(fc.tuple(state, fc.integer({ min: 1, max: 40 })), { maxLength: 8 });
  fc.assert(
    fc.property(stretches, (list) => {
      const states = list.flatMap(([one, count]) => Array.from({ length: count }, () => one));
      const seen = visibleStatements(make(states)).flatMap((row) =>
        row.kind === 'statement'
          ? [row.index]
          : Array.from({ length: row.to - row.from + 1 }, (_, i) => row.from + i),
      );
      expect(seen).toEqual(states.map((_, index) => index));
    }),
  );
});
