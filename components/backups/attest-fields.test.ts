import { describe, expect, it } from 'vitest';
import { type AttestFields, attestInput, attestProblems, takenAtMs } from './attest-fields';

const NOW = Date.parse('2026-11-22T02:16:00Z');
const fields = (over: Partial<AttestFields> = {}): AttestFields => ({
  provider: 'AWS RDS',
  reference: 'rds:prod-2026-11-22-02-10',
  takenAt: '2026-11-22T02:10',
  link: '',
  vouched: true,
  ...over,
});

describe('what one vouches with', () => {
  it('is sent trimmed, in UTC, with no link where none was written', () => {
    const typed = fields({ provider: ' AWS RDS ', link: ' ' });
    expect(attestProblems(typed, NOW)).toEqual({});
    expect(attestInput(typed)).toEqual({
      provider: 'AWS RDS',
      reference: 'rds:prod-2026-11-22-02-10',
      takenAt: '2026-11-22T02:10:00.000Z',
      link: null,
    });
  });

  it('keeps a link to the provider’s page', () => {
    const link = 'https://console.example.com/snapshots?id=1';
    expect(attestProblems(fields({ link }), NOW)).toEqual({});
    expect(attestInput(fields({ link })).link).toBe(link);
  });

  it.each([
    ['a provider of blanks', { provider: '  ' }, 'provider'],
    ['no id', { reference: '' }, 'reference'],
    ['no time', { takenAt: '' }, 'takenAt'],
    ['a day alone', { takenAt: '2026-11-22' }, 'takenAt'],
    ['a day that is none', { takenAt: '2026-02-31T99:10' }, 'takenAt'],
    ['local time typed as UTC', { takenAt: '2026-11-22T03:10' }, 'takenAt'],
    ['a link that runs a script', { link: 'javascript:alert(1)' }, 'link'],
    ['a link that is none', { link: 'https://' }, 'link'],
    ['an unticked sentence', { vouched: false }, 'vouched'],
  ] as const)('is not sent with %s', (_name, over, field) => {
    expect(Object.keys(attestProblems(fields(over), NOW))).toEqual([field]);
  });

  it('reads seconds where a browser gives them', () => {
    expect(takenAtMs('2026-11-22T02:10:30')).toBe(Date.parse('2026-11-22T02:10:30Z'));
  });
});
