import { describe, expect, it } from 'vitest';
import type { Amount, LossLine } from '@/lib/core/evidence';
import { differsWords, impactOf, lossWords, lostAmount, lostWords, totalLoss } from './loss-ledger';
import { rehearsalFixture, roomFixture } from './testing/room-fixture';

const amount = (value: number | null, estimate = false): Amount => ({
  value,
  estimate,
  source: value === null ? 'timed out' : estimate ? 'pg_class' : 'counted',
});

const column = (over: Partial<LossLine> = {}): LossLine => ({
  position: 0,
  kind: 'column',
  name: 'public.gateways.ephemeral',
  type: 'boolean',
  rows: amount(40),
  nonNull: amount(33),
  differs: amount(4),
  bytes: amount(33),
  ...over,
});
const narrowed = (over: Partial<LossLine> = {}) => column({ kind: 'narrowed_column', ...over });
const table = (over: Partial<LossLine> = {}): LossLine =>
  column({
    kind: 'table',
    name: 'public.revoked_tokens',
    type: null,
    rows: amount(900),
    nonNull: null,
    differs: null,
    ...over,
  });

it('counts the values that are set, not the rows that are there', () => {
  expect(lostAmount(column()).value).toBe(33);
  expect(lostAmount(column({ nonNull: null })).value).toBe(40);
  expect(lostAmount(table()).value).toBe(900);
});

describe('what is lost, in words', () => {
  it.each<[string, LossLine[], string | null]>([
    ['nothing', [], null],
    ['an empty table', [table({ rows: amount(0) })], null],
    ['a column', [column()], '33 values in 1 column'],
    ['one value', [column({ nonNull: amount(1) })], '1 value in 1 column'],
    [
      'columns and an estimated table',
      [column(), column({ nonNull: amount(10) }), table({ rows: amount(900, true) })],
      '43 values in 2 columns and ≈\u00a0900 rows of 1 table',
    ],
    [
      'what nobody could count',
      [table({ rows: amount(null) })],
      'an unknown number of rows of 1 table',
    ],
    [
      'what only one could be counted of',
      [column(), column({ nonNull: amount(null) })],
      '33 or more values in 2 columns',
    ],
    ['a sequence', [table({ kind: 'sequence', rows: amount(1) })], null],
    [
      'a column whose values come through, beside one of which not all do',
      [narrowed({ differs: amount(0) }), narrowed()],
      '4 values in 1 column',
    ],
    ['a column whose values all come through', [narrowed({ differs: amount(0) })], null],
    [
      'a column of which nobody could say it',
      [narrowed({ differs: amount(null) })],
      '≈\u00a033 values in 1 column',
    ],
  ])('%s', (_, losses, words) => {
    expect(lossWords(totalLoss(losses))).toBe(words);
  });
});

it('adds up values and rows for the tab, and keeps what was asked about defaults apart', () => {
  const total = totalLoss([column(), table(), column({ differs: null })]);
  expect(total.all).toEqual({ value: 966, estimate: false, partial: false });
  expect(total.differ?.value).toBe(4);
  expect(totalLoss([table()]).differ).toBeNull();
});

it('says of each object what goes, and in what unit', () => {
  expect(lostWords(column())).toBe('33 values');
  expect(lostWords(table({ rows: amount(1, true) }))).toBe('≈\u00a01 row');
  expect(lostWords(table({ rows: amount(null) }))).toBe('not counted');
});

it('says of a column that narrows how many of its values don’t come through', () => {
  expect(lostWords(narrowed())).toBe('4 of 33 values');
  expect(lostWords(narrowed({ differs: amount(33) }))).toBe('33 values');
  expect(lostWords(narrowed({ differs: amount(null) }))).toBe('≈\u00a033 values');
  expect(lostAmount(narrowed({ differs: amount(null) })).source).toBe('at most, as timed out');
  expect(differsWords(narrowed())).toBeNull();
  expect(totalLoss([narrowed()]).differ).toBeNull();
});

it('says how many values are not the default', () => {
  expect(differsWords(column())).toBe('4 of 33');
  expect(differsWords(column({ nonNull: amount(null) }))).toBe('4');
  expect(differsWords(column({ differs: amount(null) }))).toBe('not counted');
  expect(differsWords(table())).toBeNull();
});

it('takes no look that belongs to another plan', () => {
  expect(impactOf(roomFixture())).not.toBeNull();
  expect(impactOf(roomFixture({ rehearsal: rehearsalFixture({ digest: 'other' }) }))).toBeNull();
  expect(impactOf(roomFixture({ rehearsal: null }))).toBeNull();
});
