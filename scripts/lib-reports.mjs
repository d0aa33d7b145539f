/** Reads what the test runners wrote. A runner that failed without naming a test counts as one. */

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

/**
 * @param {object | undefined} report vitest's JSON, undefined when it wrote none
 * @param {boolean} succeeded whether the runner's exit code was 0
 * @returns {Count}
 */
export function countVitest(report, succeeded) {
  if (!report) return nothingReported();
  // A file that cannot be loaded has no tests that could fail.
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  return settle(
    {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloaded,
      skipped: report.numPendingTests + report.numTodoTests,
    },
    succeeded,
  );
}

/**
 * @param {object | undefined} report Playwright's JSON, undefined when it wrote none
 * @param {boolean} succeeded whether the runner's exit code was 0
 * @returns {Count}
 */
export function countPlaywright(report, succeeded) {
  if (!report) return nothingReported();
  const { expected, unexpected, flaky, skipped } = report.stats;
  // A test that passes at the second attempt has failed at the first.
  return settle({ passed: expected, failed: unexpected + flaky, skipped }, succeeded);
}

/**
 * Files in which Playwright has written what stood on the page when a test failed: a run whose folder is
 * gone leaves nothing else to look at.
 * @param {object | undefined} report Playwright's JSON
 * @returns {{ test: string, file: string }[]}
 */
export function failedPages(report) {
  const ofSuite = ({ suites = [], specs = [] }) => [
    ...specs.flatMap(({ title, tests }) =>
      tests
        .flatMap(({ results }) => results)
        .flatMap(({ attachments = [] }) => attachments)
        .filter(({ name, path }) => name === 'error-context' && path)
        .map(({ path }) => ({ test: title, file: path })),
    ),
    ...suites.flatMap(ofSuite),
  ];
  const pages = report ? ofSuite(report) : [];
  return pages.filter(({ file }, at) => pages.findIndex((page) => page.file === file) === at);
}

/** @param {Count[]} counts */
export function sum(counts) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const count of counts) {
    for (const kind of Object.keys(total)) total[kind] += count[kind] ?? 0;
  }
  return total;
}

/** The last line of `npm test`. */
export function summaryLine({ passed, failed, skipped }) {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}

function nothingReported() {
  return { passed: 0, failed: 1, skipped: 0 };
}

function settle(count, succeeded) {
  const isFine = succeeded && count.passed > 0;
  return isFine || count.failed > 0 ? count : { ...count, failed: 1 };
}
