import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStorable, toStorable } from './storable-text';

describe('storable text', () => {
  it.each([
    ['', true],
    ['Zoë 🚀 \u2028 \u0001', true],
    ['a\0b', false],
    ['\ud83d', false],
    ['\ude80\ud83d', false],
  ])('%j: %s', (text, expected) => {
    expect(isStorable(text)).toBe(expected);
  });

  it('replaces only what can’t be stored, in texts and in keys', () => {
    expect(toStorable({ a: ['x\0', '🚀', 1, null, true], '\ud800': { b: '\udfff' } })).toEqual({
      a: ['x\uFFFD', '🚀', 1, null, true],
      '\uFFFD': { b: '\uFFFD' },
    });
  });

  it('leaves what can be stored as it is, and mends the rest for good', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const mended = toStorable(text);
        expect(isStorable(mended)).toBe(true);
        expect(mended === text).toBe(isStorable(text));
      }),
    );
  });
});
