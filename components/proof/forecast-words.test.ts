import { describe, expect, it } from 'vitest';
import type { MigrateForecast } from '@/lib/core/migrate-forecast';
import { forecastChange, listTags, numberOf } from './forecast-words';

const forecast = (over: Partial<MigrateForecast>): MigrateForecast => ({
  drizzle: '0.x',
  applies: [],
  skips: [],
  ...over,
});

it.each([
  [[], ''],
  [['0041_a'], '0041'],
  [['0041_a', '0042_b'], '0041 and 0042'],
  [['0041_a', '0042_b', '0043_c'], '0041, 0042 and 0043'],
  [['1_a', '2_b', '3_c', '4_d', '5_e', '6_f', '7_g', '8_h'], '1, 2, 3, 4, 5, 6 and 2 more'],
])('lists %j', (tags, words) => {
  expect(listTags(tags)).toBe(words);
});

it('keeps a tag that has no number', () => {
  expect(numberOf('init')).toBe('init');
  expect(numberOf('20260101000000_init')).toBe('20260101000000');
});

describe('what a rollback changes about the next migrate()', () => {
  it('tells what comes again from what was pending before', () => {
    const change = forecastChange(
      {
        before: forecast({ applies: ['0044'] }),
        after: forecast({ applies: ['0042', '0043', '0044'] }),
      },
      ['0043', '0042'],
    );
    expect(change).toEqual({ again: ['0042', '0043'], lost: [], pending: ['0044'] });
  });

  it('names what an undoing would lose for good, with the reason where it is known', () => {
    const skips = [{ tag: '0042', why: 'Its time is not larger than the newest row’s.' }];
    const change = forecastChange(
      { before: forecast({}), after: forecast({ applies: ['0043'], skips }) },
      ['0043', '0042'],
    );
    expect(change.lost).toEqual([{ tag: '0042', why: skips[0]?.why }]);
    expect(change.again).toEqual(['0043']);
  });
});
