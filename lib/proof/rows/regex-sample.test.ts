import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleOf } from './regex-sample';

const letters = fc.constantFrom(
  'a',
  'B',
  '7',
  '_',
  '[a-c]',
  '[^x-z]',
  '[[:upper:]]',
  '\\d',
  '\\w',
  '.',
  'x|y',
  '\\.',
);
const times = fc.constantFrom('', '?', '*', '+', '{3}', '{2,}', '{0,2}', '{1,5}');
const pattern = fc
  .array(fc.tuple(letters, times), { minLength: 1, maxLength: 6 })
  .map((parts) => `^${parts.map(([letter, count]) => `(?:${letter})${count}`).join('')}$`);

/** PostgreSQL's named classes are not JavaScript's. */
const inJavaScript = (text: string) => new RegExp(text.replaceAll('[:upper:]', 'A-Z'), 's');

test('a sample matches the pattern that it is made for', () => {
  fc.assert(
    fc.property(pattern, fc.nat({ max: 50 }), (text, row) => {
      expect(sampleOf(text, { row, salt: 3 })).toMatch(inJavaScript(text));
    }),
  );
});

test('gives other samples for other rows, and none for what is no pattern', () => {
  const samples = Array.from({ length: 9 }, (_value, row) =>
    sampleOf('^[A-Z]{3}-\\d{4}$', { row, salt: 0 }),
  );
  expect(new Set(samples).size).toBe(9);
  expect(sampleOf('([a-z', { row: 0, salt: 0 })).toBeNull();
});
