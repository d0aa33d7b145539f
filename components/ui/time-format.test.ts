import { describe, expect, it } from 'vitest';
import { formatCoarseDuration, formatDuration } from '@/components/ui/duration-format';
import { formatLocal, formatUtc } from '@/components/ui/time-format';

describe('formatUtc', () => {
  const date = new Date('2026-11-21T02:06:04.208Z');
  it.each([
    ['time', '02:06:04'],
    ['minute', '02:06'],
    ['millisecond', '02:06:04.208'],
    ['day', '21 Nov'],
    ['date', '21 Nov 2026'],
    ['dayMinute', '21 Nov 02:06'],
    ['dateTime', '21 Nov 2026 02:06:04'],
  ] as const)('writes %s as %s', (format, expected) => {
    expect(formatUtc(date, format)).toBe(expected);
  });
});

describe('formatLocal', () => {
  it('names the zone as its people do', () => {
    const winter = new Date('2026-11-21T02:06:04Z');
    const summer = new Date('2026-07-21T02:06:04Z');
    expect(formatLocal(winter, 'Europe/Berlin')).toEqual({ clock: '03:06', zone: 'CET' });
    expect(formatLocal(summer, 'Europe/Berlin')).toEqual({ clock: '04:06', zone: 'CEST' });
    expect(formatLocal(new Date('2026-11-21T22:00:00Z'), 'America/New_York')).toEqual({
      clock: '17:00',
      zone: 'EST',
    });
    expect(formatLocal(winter, 'Asia/Tokyo')).toEqual({ clock: '11:06', zone: 'GMT+9' });
  });

  it('adds the date where it is another day there', () => {
    expect(formatLocal(new Date('2026-11-30T23:41:00Z'), 'Europe/Berlin')).toEqual({
      clock: '1 Dec 00:41',
      zone: 'CET',
    });
    expect(formatLocal(new Date('2027-01-01T02:00:00Z'), 'America/New_York')?.clock).toBe(
      '31 Dec 21:00',
    );
  });

  it('leaves the date out where a clock asks for the time alone', () => {
    const date = new Date('2026-11-30T23:41:00Z');
    expect(formatLocal(date, 'Europe/Berlin', { day: 'never' })?.clock).toBe('00:41');
  });

  it('says nothing where the clock shows the same as in UTC', () => {
    expect(formatLocal(new Date('2026-11-21T02:06:04Z'), 'UTC')).toBeNull();
    expect(formatLocal(new Date('2026-11-21T02:06:04Z'), 'Europe/London')).toBeNull();
    expect(formatLocal(new Date('2026-07-21T02:06:04Z'), 'Europe/London')?.zone).toBe('BST');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [41.4, '41 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1_380, '1.38 s'],
    [9_994, '9.99 s'],
    [9_996, '10.0 s'],
    [17_000, '17.0 s'],
    [59_960, '1 min'],
    [232_000, '3 min 52 s'],
    [3_599_700, '1 h'],
    [12_720_000, '3 h 32 min'],
    [86_399_000, '1 d'],
    [187_200_000, '2 d 4 h'],
    [-5, '0 ms'],
  ])('writes %d ms as %s', (ms, expected) => {
    expect(formatDuration(ms)).toBe(expected);
  });
});

describe('formatCoarseDuration', () => {
  it.each([
    [-20, '0 s'],
    [8_900, '8 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [238_700, '3 min 58 s'],
    [3_360_000, '56 min'],
  ])('writes %d ms as %s', (ms, expected) => {
    expect(formatCoarseDuration(ms)).toBe(expected);
  });
});
