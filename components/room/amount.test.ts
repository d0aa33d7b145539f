import { describe, expect, it } from 'vitest';
import type { Amount } from '@/lib/core/evidence';
import { amountSource, formatAmount, formatBytes, formatSum, sumAmounts } from './amount';

const counted = (value: number): Amount => ({ value, estimate: false, source: 'counted' });
const about = (value: number): Amount => ({ value, estimate: true, source: 'pg_class' });
const unknown: Amount = { value: null, estimate: false, source: 'timed out' };

it.each([
  [counted(8_911), '8,911'],
  [about(8_900), '≈\u00a08,900'],
  [counted(0), '0'],
  [unknown, 'not counted'],
])('writes an amount', (amount, words) => {
  expect(formatAmount(amount)).toBe(words);
});

it('writes a size in the units of PostgreSQL', () => {
  expect(formatBytes(counted(18 * 1_024 * 1_024))).toBe('18.0 MB');
  expect(formatBytes(about(8_192))).toBe('≈\u00a08.0 kB');
  expect(formatBytes(unknown)).toBe('not measured');
});

describe('a sum', () => {
  it.each([
    [[], '0'],
    [[counted(3), counted(4)], '7'],
    [[counted(3), about(4)], '≈\u00a07'],
    [[counted(3), unknown], '3 or more'],
    [[about(3), unknown], '≈\u00a03 or more'],
    [[unknown, unknown], 'not counted'],
    [[counted(0), unknown], 'not counted'],
  ])('never claims more than its parts know', (amounts, words) => {
    expect(formatSum(sumAmounts(amounts))).toBe(words);
  });
});

it('tells where a number comes from', () => {
  expect(amountSource(counted(1))).toBe('counted on the target');
  expect(amountSource(about(1))).toMatch(/pg_class/);
  expect(amountSource({ value: 1, source: 'reltuples' })).toBe('reltuples');
  expect(amountSource(unknown)).toBe('not counted: timed out');
});
