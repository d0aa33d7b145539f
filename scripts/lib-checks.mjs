import { checkArrows } from './arrows.mjs';
import { root, runPackage } from './lib-command.mjs';

/** What can be said about the project without running it. Each throws what it found. */
const CHECKS = {
  'format and lint': () =>
    runPackage('@biomejs/biome/bin/biome', [
      'check',
      '--error-on-warnings',
      '--max-diagnostics=50',
    ]),
  types: async () => {
    // The types of routes and pages, which the compiler reads from .next/types.
    await runPackage('next/dist/bin/next', ['typegen'], { env: { NEXT_TELEMETRY_DISABLED: '1' } });
    await runPackage('typescript/bin/tsc', ['--noEmit', '-p', '.']);
  },
  arrows: async () => {
    const problems = await checkArrows(root);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  },
  'dead code': () => runPackage('knip/bin/knip.js', ['--no-progress']),
};

/**
 * Runs all checks side by side and prints a line for each as it ends, with what it found.
 *
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runChecks() {
  const results = await Promise.all(
    Object.entries(CHECKS).map(async ([name, check]) => {
      const begin = performance.now();
      const problem = await check().then(
        () => undefined,
        (error) => error.message,
      );
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      console.log(`${problem === undefined ? '✓' : '✗'} ${name} (${seconds} s)`);
      if (problem !== undefined) console.log(problem);
      return problem === undefined;
    }),
  );
  const passed = results.filter(Boolean).length;
  return { passed, failed: results.length - passed };
}
