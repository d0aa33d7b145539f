import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureCommandLine } from './lib-command-line.mjs';

let home;
let folder;
const write = async (file, text) => {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
  await writeFile(path.join(folder, file), text);
};
const says = (program) => spawnSync(process.execPath, [program], { encoding: 'utf8' }).stdout;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'backstep-command-line-'));
  // Where npm puts a dependency of another project.
  folder = path.join(home, 'node_modules', 'backstep');
  await write('lib/cli/main.ts', "import { word } from '@/lib/core/word';\nconsole.log(word);\n");
  await write('lib/core/word.ts', "export const word: string = 'one';\n");
  await write('tsconfig.json', '{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }');
});
afterEach(() => rm(home, { recursive: true, force: true }));

it('bundles once, and again after a change', async () => {
  const program = await ensureCommandLine(folder);
  expect(says(program)).toBe('one\n');
  const { mtimeMs } = await stat(program);
  await write('lib/core/word.test.ts', 'not even TypeScript');
  expect((await stat(await ensureCommandLine(folder))).mtimeMs).toBe(mtimeMs);
  await write('lib/core/word.ts', "export const word: string = 'two';\n");
  expect(says(await ensureCommandLine(folder))).toBe('two\n');
});

it('bundles again when the program is gone', async () => {
  await rm(await ensureCommandLine(folder));
  expect(says(await ensureCommandLine(folder))).toBe('one\n');
});

it('lets several begin at once', async () => {
  const programs = await Promise.all([1, 2, 3].map(() => ensureCommandLine(folder)));
  expect(programs.map(says)).toEqual(['one\n', 'one\n', 'one\n']);
  expect((await readdir(path.join(folder, 'dist', 'cli'))).sort()).toEqual([
    'backstep.mjs',
    'backstep.mjs.map',
    'sources',
  ]);
});

it('keeps no stamp of sources that could not be bundled', async () => {
  await write('lib/core/word.ts', 'export const word = ;\n');
  await expect(ensureCommandLine(folder)).rejects.toThrow('word.ts');
  await expect(readFile(path.join(folder, 'dist', 'cli', 'sources'))).rejects.toThrow('ENOENT');
});
