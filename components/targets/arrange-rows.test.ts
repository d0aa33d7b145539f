import { describe, expect, test } from 'vitest';
import type { MigrationLine } from '@/lib/core/views';
import {
  arrangeRows,
  nextDestination,
  rangeOf,
  type TableItem,
  withoutRepeats,
} from './arrange-rows';

function line(number: number, change: Partial<MigrationLine> = {}): MigrationLine {
  const padded = String(number).padStart(4, '0');
  return {
    key: `${padded}_step`,
    tag: `${padded}_step`,
    number: padded,
    generatedAt: '2026-01-01T00:00:00.000Z',
    state: 'applied',
    fileChanged: false,
    head: false,
    rollbackFile: `${padded}.sql`,
    rollbackProblem: null,
    pairedBy: 'tag',
    candidates: [],
    grade: 'exact',
    losesData: 'none',
    verdict: 'run',
    undoChanges: null,
    coverage: 'present',
    destination: true,
    whyNot: null,
    ...change,
  };
}

/** From `newest` down to 0000, at and below `floor` foundational, the floor itself a destination. */
function chain(newest: number, floor = -1): MigrationLine[] {
  return Array.from({ length: newest + 1 }, (_, index) => newest - index).map((number) =>
    line(number, {
      head: number === newest,
      ...(number === newest ? { destination: false, whyNot: 'the head' } : {}),
      ...(number <= floor
        ? { state: 'foundational', destination: number === floor, coverage: 'foundational' }
        : {}),
    }),
  );
}

const words = (items: TableItem[]) =>
  items.map((item) =>
    item.kind === 'line'
      ? item.line.number
      : item.kind === 'barrier'
        ? 'barrier'
        : `${item.of} ${rangeOf(item.lines)} (${item.lines.length})`,
  );

describe('arrangeRows', () => {
  test('what is foundational is one fold, without the floor that one can go back to', () => {
    expect(words(arrangeRows(chain(6, 3), '0003_step', null))).toEqual([
      '0006',
      '0005',
      '0004',
      '0003',
      'barrier',
      'foundational 0002 – 0000 (3)',
    ]);
  });

  test('a floor that can’t be reached is in the fold', () => {
    const lines = chain(4, 1).map((at) =>
      at.number === '0001' ? { ...at, destination: false } : at,
    );
    expect(words(arrangeRows(lines, '0003_step', null))).toEqual([
      '0004',
      '0003',
      'barrier',
      '0002',
      'foundational 0001 – 0000 (2)',
    ]);
  });

  test('a head at the floor stays in sight', () => {
    expect(words(arrangeRows(chain(2, 2), '0002_step', null))).toEqual([
      '0002',
      'barrier',
      'foundational 0001 – 0000 (2)',
    ]);
  });

  test('a thousand lines are sixty and a fold, and the barrier splits it', () => {
    expect(words(arrangeRows(chain(999), '0500_step', null)).slice(58)).toEqual([
      '0941',
      '0940',
      'older 0939 – 0501 (439)',
      '0500',
      'barrier',
      'older 0499 – 0000 (500)',
    ]);
  });

  test('a handful beyond sixty is not folded', () => {
    expect(arrangeRows(chain(66), null, null)).toHaveLength(67);
    expect(words(arrangeRows(chain(67), null, null)).at(-1)).toBe('older 0007 – 0000 (8)');
  });

  test('a filter shows its state alone, foundational ones one by one', () => {
    expect(words(arrangeRows(chain(6, 3), '0003_step', 'foundational'))).toEqual([
      '0003',
      '0002',
      '0001',
      '0000',
    ]);
    expect(arrangeRows(chain(6, 3), '0003_step', 'pending')).toEqual([]);
  });
});

test('only a refusal that is the barrier’s is left out for the browser', () => {
  const lines = [
    line(2, { destination: false, whyNot: 'it is the head' }),
    line(1),
    line(0, { destination: false, whyNot: '0001 has no script' }),
  ];
  expect(withoutRepeats(lines, '0001 has no script').map((at) => at.whyNot)).toEqual([
    'it is the head',
    null,
    null,
  ]);
  expect(withoutRepeats(lines, null)).toEqual(lines);
});

test('the arrow keys go from destination to destination and stop at the ends', () => {
  const lines = [
    line(4, { destination: false }),
    line(3),
    line(2, { destination: false }),
    line(1),
  ];
  expect(nextDestination(lines, '0003_step', 1)).toBe('0001_step');
  expect(nextDestination(lines, '0001_step', -1)).toBe('0003_step');
  expect(nextDestination(lines, '0003_step', -1)).toBeNull();
  expect(nextDestination(lines, '0001_step', 1)).toBeNull();
  expect(nextDestination(lines, '0009_step', 1)).toBeNull();
});
