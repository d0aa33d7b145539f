/** Tests and what only they use; neither built nor bound by the rules for what runs in production. */
const TEST_FILE = /\.(test|test-setup|fixture)\.(tsx?|mjs)$|^lib\/testing\//;

/** @param {string} file relative to the project, with slashes */
export function isTestFile(file) {
  return TEST_FILE.test(file);
}
