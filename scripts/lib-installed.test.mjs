import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isInstalled } from './lib-installed.mjs';

const WANTED = {
  '': { name: 'project' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/checker': { version: '2.0.0', dev: true },
  'node_modules/a-darwin': { version: '1.0.0', optional: true },
};
const PRESENT = {
  'node_modules/a': { version: '1.0.0' },
  'node_modules/checker': { version: '2.0.0' },
};

let folder;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'backstep-installed-'));
  await mkdir(path.join(folder, 'node_modules'));
  await write('package-lock.json', WANTED);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (file, packages) => writeFile(path.join(folder, file), JSON.stringify({ packages }));
const record = (packages) => write('node_modules/.package-lock.json', packages);

it('takes an installation as complete when all but other platforms is there', async () => {
  await record(PRESENT);
  expect(await isInstalled(folder, true)).toBe(true);
});

it('misses development packages only where they are needed', async () => {
  await record({ 'node_modules/a': { version: '1.0.0' } });
  expect(await isInstalled(folder, false)).toBe(true);
  expect(await isInstalled(folder, true)).toBe(false);
});

it.each([
  ['another version of a package', { ...PRESENT, 'node_modules/a': { version: '0.9.0' } }],
  [
    'another version of an optional one',
    { ...PRESENT, 'node_modules/a-darwin': { version: '0.9.0' } },
  ],
  ['no such package', { 'node_modules/checker': { version: '2.0.0' } }],
])('installs again when there is %s', async (_what, packages) => {
  await record(packages);
  expect(await isInstalled(folder, true)).toBe(false);
});

it('installs when nothing is there, or an installation was broken off', async () => {
  expect(await isInstalled(folder, true)).toBe(false);
});

it('refuses to install without a lock file', async () => {
  await rm(path.join(folder, 'package-lock.json'));
  await expect(isInstalled(folder, true)).rejects.toThrow('Restore it from git');
});
