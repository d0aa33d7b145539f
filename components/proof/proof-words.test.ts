import { expect, it } from 'vitest';
import { errorPlace, methodWords } from './proof-words';

it.each([
  [{ in: 'down', line: 3, sqlstate: '42710' }, 'the rollback script, line 3 · SQLSTATE 42710'],
  [{ in: 'up', line: null, sqlstate: '42P01' }, 'the migration · SQLSTATE 42P01'],
  [{ in: 'down', line: 7, sqlstate: null }, 'the rollback script, line 7'],
] as const)('says where an error happened', (place, words) => {
  expect(errorPlace({ message: 'x', ...place })).toBe(words);
});

it('says how it was tried', () => {
  expect(methodWords({ method: 'transaction', durationMs: 412 })).toMatch(
    /one transaction.*412 ms/,
  );
  expect(methodWords({ method: 'copies', durationMs: 2_000 })).toMatch(/copies/);
  expect(methodWords({ method: 'none', durationMs: 0 })).toBe('Nothing was run.');
});
