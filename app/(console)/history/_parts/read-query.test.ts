import { describe, expect, it } from 'vitest';
import { readHistoryQuery } from './read-query';

describe('an address of the history', () => {
  it('is read as it was written', () => {
    const query = readHistoryQuery({
      target: 'shop',
      from: '2026-11-21',
      outcome: 'refused',
      before: '40',
      event: '12',
    });
    expect(query).toEqual({
      filters: { target: 'shop', from: '2026-11-21', outcome: 'refused' },
      before: 40,
      event: 12,
      ignored: [],
    });
  });

  it('takes an empty parameter for none and the first of several', () => {
    const query = readHistoryQuery({ target: '', action: ['run.start', 'run.finish'] });
    expect(query.filters).toEqual({ action: 'run.start' });
    expect(query.ignored).toEqual([]);
  });

  it.each([
    ['outcome', 'lost'],
    ['from', 'yesterday'],
    ['from', '2026-02-31'],
    ['to', '2026-13-01'],
    ['to', '0000-01-01'],
    ['target', 'a\0b'],
    ['subject', '\uD800'],
    ['subject', 'x'.repeat(321)],
    ['before', '-1'],
    ['event', '1e3'],
    ['event', '9'.repeat(30)],
  ])('leaves %s out when it can’t be %j, and says so', (key, value) => {
    const query = readHistoryQuery({ [key]: value, person: 'backstep' });
    expect(query.filters).toEqual({ person: 'backstep' });
    expect([query.before, query.event]).toEqual([undefined, undefined]);
    expect(query.ignored).toEqual([{ key, value }]);
  });
});
