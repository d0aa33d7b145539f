import { expect, test } from 'vitest';
import type { CoverageCell } from '@/components/ui/coverage-strip';
import { mergedCells } from './coverage-fact';

const cells = (count: number, change: (index: number) => Partial<CoverageCell> = () => ({})) =>
  Array.from(
    { length: count },
    (_, index): CoverageCell => ({ tone: 'present', label: `${index}`, ...change(index) }),
  );

test('what fits is left as it is', () => {
  expect(mergedCells(cells(80))).toEqual(cells(80));
});

test('of a thousand, no missing script is lost and nothing is called undoable that is not', () => {
  const merged = mergedCells(
    cells(1_000, (index) => ({
      selected: index > 500,
      ...(index === 777 ? { tone: 'missing' as const } : {}),
    })),
  );
  expect(merged.length).toBeLessThanOrEqual(80);
  expect(merged.filter((cell) => cell.tone === 'missing')).toEqual([
    { tone: 'missing', label: '777', selected: true },
  ]);
  // 494 to 506 are one cell: only a part of it can be undone.
  expect(merged.findIndex((cell) => cell.selected)).toBe(39);
});
