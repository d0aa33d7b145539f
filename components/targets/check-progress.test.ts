import { expect, it } from 'vitest';
import { checkWords } from './check-progress';

const progress = { phase: 'Proving scripts', done: 3, total: 12 };

it.each([
  ['one that waits', { state: 'queued', progress: null }, 'Waiting for the executor'],
  ['one that has just begun', { state: 'running', progress: null }, 'Being checked'],
  ['one that goes on', { state: 'running', progress }, 'Proving scripts, 3 of 12'],
  [
    'one whose end is not known',
    { state: 'running', progress: { ...progress, total: 0 } },
    'Proving scripts',
  ],
  ['one that is over', { state: 'passed', progress }, null],
] as const)('says of a check what it does: %s', (_name, check, words) => {
  expect(checkWords(check)).toBe(words);
});
