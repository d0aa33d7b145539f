import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAnotherForm, meansTheSame } from './value-forms';

test.each([
  ['2024-03-31 00:30:00.5+00', '2024-03-31T00:30:00.500Z', true],
  ['2024-03-31 00:30:00+00', '2024-03-31 06:00:00+05:30', true],
  ['2024-03-31 00:30:00.000001+00', '2024-03-31 00:30:00+00', false],
  ['1.50', '1.5', true],
  ['-1.5e3', '-1500', true],
  ['12345678901234567.8', '12345678901234567.9', false],
  ['0', '-0.00', true],
  ['t', 'true', true],
  ['{ "a": 1.0 }', '{"a":1}', true],
  ['abc', 'ABC', false],
  ['ab  ', 'ab', true],
])('%s and %s mean the same: %s', (one, other, same) => {
  expect(meansTheSame(one, other)).toBe(same);
  expect(meansTheSame(other, one)).toBe(same);
});

test('a time that has lost its zone has another form, even if the hour moved', () => {
  expect(isAnotherForm('2026-01-01 00:00:00+00', '2026-01-01 01:00:00')).toBe(true);
  expect(isAnotherForm('2026-01-01 00:00:00', '2026-01-02 00:00:00')).toBe(false);
  expect(isAnotherForm('one', 'two')).toBe(false);
});

test('a number means the same with zeros at its end, at any size', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.nat({ max: 9 }), (whole, zeros) => {
      expect(meansTheSame(`${whole}`, `${whole}.${'0'.repeat(zeros)}`)).toBe(true);
      expect(meansTheSame(`${whole}`, `${whole + 1n}`)).toBe(false);
    }),
  );
});
