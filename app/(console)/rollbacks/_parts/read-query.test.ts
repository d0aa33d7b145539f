import { describe, expect, it } from 'vitest';
import { readRollbacksQuery } from './read-query';

describe('an address of the list of rollbacks', () => {
  it('holds several statuses, a page and words', () => {
    const query = readRollbacksQuery({
      status: 'running, stopped,running',
      text: ' INC-7 ',
      page: '3',
    });
    expect(query.filters).toEqual({ status: ['running', 'stopped'], text: 'INC-7' });
    expect(query.page).toBe(3);
    expect(query.ignored).toEqual([]);
  });

  it.each([
    ['status', 'lost'],
    ['person', 'me'],
    ['text', 'a\0b'],
    ['text', 'x'.repeat(201)],
    ['target', '\uD800'],
    ['page', '0'],
    ['page', '99999999999999999999'],
  ])('leaves %s out when it can’t be %j, and says so', (key, value) => {
    const query = readRollbacksQuery({ target: 'shop', [key]: value });
    expect(query.filters.status).toEqual([]);
    expect([query.filters.person, query.filters.text, query.page]).toEqual([
      undefined,
      undefined,
      1,
    ]);
    expect(query.ignored).toEqual([{ key, value }]);
  });
});
