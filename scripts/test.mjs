/**
 * Everything that can be checked: static checks, unit and integration tests, the build, and a
 * person's way through in a real browser. The last line is the sum.
 */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ensureBrowser,
  ensureBuilt,
  ensureClientTools,
  ensureInstalled,
  ensurePooler,
} from './ensure.mjs';
import { runPackage } from './lib-command.mjs';
import { countPlaywright, countVitest, failedPages, sum, summaryLine } from './lib-reports.mjs';

/** A runner that stands still must not keep the rest, and the sum, from being told. */
const LONGEST_MINUTES = 30;

const FAILED = { passed: 0, failed: 1 };
const PASSED = { passed: 1, failed: 0 };

/** Prints how long a part took. Whatever it throws is shown and counts as one failure. */
async function part(name, work) {
  console.log(`\n── ${name}`);
  const begin = performance.now();
  let count = FAILED;
  try {
    count = await work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(`── ${name}: ${summaryLine(sum([count]))} (${seconds} s)`);
  return count;
}

async function unitTests(folder) {
  const file = path.join(folder, 'vitest.json');
  const succeeded = await runner('vitest/vitest.mjs', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  return countVitest(await readReport(file), succeeded);
}

async function browserTests(folder) {
  const file = path.join(folder, 'playwright.json');
  const home = await mkdtemp(path.join(folder, 'home-'));
  // As root the database server's own user has to pass through.
  await Promise.all([folder, home].map((place) => chmod(place, 0o755)));
  const succeeded = await runner('@playwright/test/cli.js', ['test', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
    BACKSTEP_CHROMIUM: await ensureBrowser(),
    BACKSTEP_E2E_HOME: home,
    BACKSTEP_E2E_PORT: process.env.BACKSTEP_E2E_PORT ?? String(await freePort()),
  });
  const report = await readReport(file);
  for (const page of failedPages(report)) await showPage(page);
  return countPlaywright(report, succeeded);
}

/** What stood on the page, without the source of the test that comes with it. */
async function showPage({ test, file }) {
  const text = await readFile(file, 'utf8').catch(() => '');
  const [, page] = /```yaml\n([\s\S]*?)\n```/.exec(text) ?? [];
  if (page) console.error(`\nThe page when '${test}' failed:\n${page}`);
}

/** Whether the runner ended well; its output is shown as it comes. */
async function runner(file, args, env) {
  try {
    await runPackage(file, args, { env, show: true, minutes: LONGEST_MINUTES });
    return true;
  } catch (error) {
    console.error(error.message);
    return false;
  }
}

async function readReport(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function main() {
  const folder = await mkdtemp(path.join(tmpdir(), 'backstep-npm-test-'));
  const counts = [];
  try {
    const prepared = await part('what the tests need', async () => {
      await ensureInstalled({ withDev: true });
      await ensureClientTools({ required: true });
      await ensurePooler();
      return { passed: 0, failed: 0 };
    });
    counts.push(prepared);
    if (prepared !== FAILED) {
      // Only now: the checks need packages.
      const { runChecks } = await import('./lib-checks.mjs');
      counts.push(await part('static checks', runChecks));
      counts.push(await part('unit and integration tests', () => unitTests(folder)));
      const built = await part('build', () => ensureBuilt().then(() => PASSED));
      counts.push(built);
      counts.push(
        await part('browser tests', () => {
          if (built === FAILED) throw new Error('Not run, because the build failed.');
          return browserTests(folder);
        }),
      );
    }
  } finally {
    // A server that some failure left behind ends by itself when its folder is gone.
    await rm(folder, { recursive: true, force: true });
  }
  const total = sum(counts);
  console.log(`\n${summaryLine(total)}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await main();
