import { expect, it } from 'vitest';
import { countPlaywright, countVitest, failedPages, sum, summaryLine } from './lib-reports.mjs';

const vitest = (numbers, testResults = []) => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults,
  ...numbers,
});
const playwright = (stats) => ({
  stats: { expected: 0, unexpected: 0, flaky: 0, skipped: 0, ...stats },
});

it('counts what passed, failed and was left out', () => {
  const report = vitest({
    numPassedTests: 5,
    numFailedTests: 2,
    numPendingTests: 1,
    numTodoTests: 1,
  });
  expect(countVitest(report, false)).toEqual({ passed: 5, failed: 2, skipped: 2 });
  expect(
    countPlaywright(playwright({ expected: 3, unexpected: 1, flaky: 1, skipped: 2 }), false),
  ).toEqual({ passed: 3, failed: 2, skipped: 2 });
});

it('finds what Playwright has written of the pages of failed tests, once each', () => {
  const spec = (title, ...attachments) => ({ title, tests: [{ results: [{ attachments }] }] });
  const context = { name: 'error-context', path: '/results/a/error-context.md' };
  const report = {
    ...playwright({ unexpected: 1 }),
    suites: [
      {
        specs: [spec('passes')],
        suites: [{ specs: [spec('fails', { name: 'trace', path: '/t.zip' }, context, context)] }],
      },
    ],
  };
  expect(failedPages(report)).toEqual([{ test: 'fails', file: context.path }]);
  expect(failedPages(undefined)).toEqual([]);
});

it('counts a file that cannot be loaded', () => {
  const failedFile = { status: 'failed', assertionResults: [] };
  const failedTest = { status: 'failed', assertionResults: [{ status: 'failed' }] };
  const report = vitest({ numPassedTests: 5, numFailedTests: 1 }, [failedFile, failedTest]);
  expect(countVitest(report, false).failed).toBe(2);
});

it.each([
  [
    'a runner without a report',
    () => [countVitest(undefined, true), countPlaywright(undefined, true)],
  ],
  [
    'a runner that failed although no test did',
    () => [
      countVitest(vitest({ numPassedTests: 5 }), false),
      countPlaywright(playwright({ expected: 5 }), false),
    ],
  ],
  [
    'a runner that ran nothing',
    () => [countVitest(vitest({}), true), countPlaywright(playwright({ skipped: 4 }), true)],
  ],
])('counts %s as a failure', (_what, counts) => {
  for (const { failed } of counts()) expect(failed).toBe(1);
});

it('ends with one line', () => {
  const total = sum([
    { passed: 4, failed: 1 },
    { passed: 2, failed: 0, skipped: 0 },
  ]);
  expect(summaryLine(total)).toBe('6 passed, 1 failed');
  expect(summaryLine({ passed: 6, failed: 0, skipped: 3 })).toBe('6 passed, 0 failed, 3 skipped');
});
