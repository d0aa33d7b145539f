import { access, constants, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandError, root, run } from './lib-command.mjs';

/**
 * Makes sure that pg_dump and pg_restore are there, which backups need. As root on Debian or Ubuntu
 * they are installed; elsewhere the reader is told how.
 *
 * @param {{ required: boolean }} options required: fail without them, instead of a warning
 */
export async function ensureClientTools({ required }) {
  if (await findClientTools()) return;
  const problem = await installDebianPackage('postgresql-client', 'pg_dump is needed for backups');
  if (!problem && (await findClientTools())) return;
  const message =
    'pg_dump and pg_restore were not found, so backups cannot be taken. ' +
    'Install them (Debian and Ubuntu: sudo apt-get install postgresql-client; macOS: brew install libpq).' +
    (problem ? `\n${problem}` : '');
  if (required) throw new Error(message);
  console.warn(message);
}

/**
 * Makes sure that PgBouncer is there, which the tests of pooled connections need. As root on Debian or
 * Ubuntu it is installed; elsewhere the reader is told how, and those tests are skipped.
 */
export async function ensurePooler() {
  if (await findProgram('pgbouncer', ['/usr/sbin'])) return;
  const problem = await installDebianPackage('pgbouncer', 'tests of pooled connections need it');
  if (!problem && (await findProgram('pgbouncer', ['/usr/sbin']))) return;
  console.warn(
    'PgBouncer was not found, so the tests of pooled connections are skipped. ' +
      'Install it (Debian and Ubuntu: sudo apt-get install pgbouncer; macOS: brew install pgbouncer).' +
      (problem ? `\n${problem}` : ''),
  );
}

/**
 * The path of a Chromium for the browser tests: BACKSTEP_CHROMIUM, else one that is installed, else
 * Playwright's own. As root on Debian or Ubuntu it is installed.
 *
 * @returns {Promise<string>}
 */
export async function ensureBrowser() {
  const given = process.env.BACKSTEP_CHROMIUM;
  if (given) {
    if (await isExecutable(given)) return given;
    throw new Error(`BACKSTEP_CHROMIUM names ${given}, which is no program.`);
  }
  const found = await findBrowser();
  if (found) return found;
  const problem = await installDebianPackage('chromium', 'the browser tests need it');
  const installed = await findBrowser();
  if (installed) return installed;
  throw new Error(
    'No Chromium was found for the browser tests. Install one (Debian: sudo apt-get install chromium; ' +
      'elsewhere: npx playwright install chromium), or set BACKSTEP_CHROMIUM to its path.' +
      (problem ? `\n${problem}` : ''),
  );
}

async function findBrowser() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  for (const name of names) {
    const program = await findProgram(name, ['/usr/bin']);
    if (program) return program;
  }
  // Not at the top: this file also runs before the packages are installed.
  const { chromium } = await import('@playwright/test');
  const own = chromium.executablePath();
  return (await isExecutable(own)) ? own : undefined;
}

/** Whether both are found where `findClientTool` of lib/embedded looks, too. */
async function findClientTools() {
  const patterns = JSON.parse(
    await readFile(path.join(root, 'lib/embedded/client-tool-folders.json'), 'utf8'),
  );
  const folders = (await Promise.all(patterns.map(expand))).flat();
  const found = await Promise.all(
    ['pg_dump', 'pg_restore'].map((tool) => findProgram(tool, folders)),
  );
  return found.every((program) => program !== undefined);
}

/** The folders that a pattern with one star in one of its names stands for. */
async function expand(pattern) {
  const [before, after] = pattern.split('*');
  if (after === undefined) return [pattern];
  const parent = before.slice(0, before.lastIndexOf('/'));
  const prefix = before.slice(parent.length + 1);
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => name.startsWith(prefix)).map((name) => `${parent}/${name}${after}`);
}

async function findProgram(name, folders) {
  const onPath = (process.env.PATH ?? '').split(path.delimiter).filter(path.isAbsolute);
  for (const folder of [...onPath, ...folders]) {
    const program = path.join(folder, name);
    if (await isExecutable(program)) return program;
  }
  return undefined;
}

async function isExecutable(program) {
  return access(program, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** @returns {Promise<string | undefined>} why it could not be installed */
async function installDebianPackage(name, reason) {
  if (process.getuid?.() !== 0) return undefined;
  const aptGet = await findProgram('apt-get', ['/usr/bin']);
  if (!aptGet) return undefined;
  console.log(`Installing ${name} (${reason}) ...`);
  // Some other installation may be going on.
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=120'];
  // The program is wanted, not the service that its package would start.
  const env = { DEBIAN_FRONTEND: 'noninteractive', SYSTEMD_OFFLINE: '1' };
  try {
    // One source that does not answer fails the update; the package may still be known.
    await run(aptGet, ['update', ...options], { env }).catch(() => undefined);
    await run(aptGet, ['install', ...options, '-y', '--no-install-recommends', name], { env });
    return undefined;
  } catch (error) {
    return error instanceof CommandError ? error.message : String(error);
  }
}
