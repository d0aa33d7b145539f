import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashSources, isBuilt, PROGRAMS, recordBuild } from './lib-built.mjs';

let folder;
const write = async (file, text = '') => {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
  await writeFile(path.join(folder, file), text);
};
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'backstep-built-'));
  await write('lib/run/start.ts', 'one');
  await write('tsconfig.json', '{}');
  await write('.next/BUILD_ID');
  for (const name of Object.keys(PROGRAMS)) await write(`dist/${name}.mjs`);
  await recordBuild(folder, await hashSources(folder));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('stays built while only tests and other files change', async () => {
  await write('lib/run/start.test.ts');
  await write('lib/testing/database.ts');
  await write('README.md');
  expect(await isBuilt(folder)).toBe(true);
});

it.each([
  ['a source is edited', () => write('lib/run/start.ts', 'two')],
  ['a source is added', () => write('app/page.tsx')],
  ['a source is removed', () => rm(path.join(folder, 'lib/run/start.ts'))],
  [
    'a source is renamed',
    async () => {
      await rm(path.join(folder, 'lib/run/start.ts'));
      await write('lib/run/begin.ts', 'one');
    },
  ],
  ['the configuration changes', () => write('tsconfig.json', '{ "a": 1 }')],
  ['a program is gone', () => rm(path.join(folder, 'dist/serve.mjs'))],
  ['the build was never recorded', () => rm(path.join(folder, '.next'), { recursive: true })],
])('is not built when %s', async (_what, change) => {
  await change();
  expect(await isBuilt(folder)).toBe(false);
});
