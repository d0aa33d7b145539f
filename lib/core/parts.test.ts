import { describe, expect, it } from 'vitest';
import { isInside, partsOf } from './parts';

/** 't' is a statement that runs in a transaction, 'a' one that runs alone. */
const of = (kinds: string) =>
  partsOf([...kinds].map((kind, index) => ({ index, transactional: kind === 't' }))).map(
    ({ transactional, statements }) => `${transactional ? 't' : 'a'}:${statements.join()}`,
  );

describe('the parts of a step', () => {
  it.each([
    ['', ['t:']],
    ['ttt', ['t:0,1,2']],
    ['a', ['a:0', 't:']],
    ['tat', ['t:0', 'a:1', 't:2']],
    ['aa', ['a:0', 'a:1', 't:']],
    ['ttaatt', ['t:0,1', 'a:2', 'a:3', 't:4,5']],
  ])('of %o end in a transaction, which takes the tracking row', (kinds, parts) => {
    expect(of(kinds)).toEqual(parts);
  });

  it('are numbered in their order', () => {
    const parts = partsOf([
      { index: 0, transactional: false },
      { index: 1, transactional: true },
    ]);
    expect(parts.map(({ index }) => index)).toEqual([0, 1]);
  });
});

describe('a step is left in the middle', () => {
  it.each([
    ['nothing of it is in', { status: 'failed', partsDone: 0, intentPart: null }, false],
    ['a part is in', { status: 'failed', partsDone: 1, intentPart: null }, true],
    ['something half done may stand', { status: 'failed', partsDone: 0, intentPart: 0 }, true],
    ['all of it is in', { status: 'committed', partsDone: 4, intentPart: null }, false],
  ] as const)('or not: %s', (_name, step, inside) => {
    expect(isInside(step)).toBe(inside);
  });

  it('never where there is no step', () => {
    expect(isInside(undefined)).toBe(false);
  });
});
