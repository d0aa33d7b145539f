import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root, run } from './lib-command.mjs';

/**
 * Installs the packages when they are not the ones that package-lock.json names. Says nothing when
 * they are.
 *
 * @param {{ withDev?: boolean }} [options] withDev: what tests and checks need as well
 */
export async function ensureInstalled({ withDev = false } = {}) {
  if (await isInstalled(root, withDev)) return;
  console.log('Installing packages (npm ci) ...');
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', withDev ? [...args, '--include=dev'] : args);
}

/**
 * Compares package-lock.json with npm's own record of what it put into node_modules. npm writes
 * that record last, so it is missing or old after an installation that was broken off.
 */
export async function isInstalled(folder, withDev) {
  const [wanted, present] = await Promise.all([
    readPackages(path.join(folder, 'package-lock.json')),
    readPackages(path.join(folder, 'node_modules', '.package-lock.json')),
  ]);
  if (!wanted) throw new Error('package-lock.json is missing or broken. Restore it from git.');
  if (!present) return false;
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === '' || entry.link) return true;
    const found = present[place];
    if (found) return found.version === entry.version;
    // Packages for other platforms stay away, as do development packages from a server.
    return entry.optional || entry.devOptional || (entry.dev && !withDev);
  });
}

async function readPackages(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
