import { expect, it } from 'vitest';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { policyWords } from './policy-words';

it('names what has to be acknowledged and what never runs', () => {
  const words = policyWords(DEFAULT_POLICY);
  expect(words).toContain('To acknowledge: leaves residue, data only, unproven, loses older data');
  expect(words).toContain(
    'Never runs: removes too much, residue and missing, no effect, fails, refused',
  );
});

it.each([
  [true, 'off', 'Fence against newer images', 'No rescue copies'],
  [false, 'ask', 'No fence: the tracking table is watched', 'Rescue copies if asked for'],
  [true, 'always', 'Fence against newer images', 'Rescue copies always'],
] as const)('tells the guard and the copies: %s, %s', (fence, rescue, ...lines) => {
  expect(policyWords({ ...DEFAULT_POLICY, fence, rescue }).slice(-2)).toEqual(lines);
});

it.each([
  ['vouched', 'Backups may rest on somebody’s word'],
  ['restored', 'Backups are restored, with the plan rehearsed on them'],
] as const)('says what has to be known of a backup: %s', (level, line) => {
  const backup = { ...DEFAULT_POLICY.backup, level };
  expect(policyWords({ ...DEFAULT_POLICY, backup })).toContain(line);
});

it('leaves out what the policy does not ask', () => {
  const grades = Object.fromEntries(
    Object.keys(DEFAULT_POLICY.grades).map((grade) => [grade, 'run']),
  ) as typeof DEFAULT_POLICY.grades;
  const loses_data = { none: 'run', own: 'run', older: 'run' } as const;
  const words = policyWords({ ...DEFAULT_POLICY, grades, loses_data }).join('\n');
  expect(words).not.toMatch(/To acknowledge|Never runs/);
});
