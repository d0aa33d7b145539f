import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withStartLock } from './start-lock';

let folder: string;
let lockFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backstep-lock-'));
  lockFile = join(folder, 'start.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid ?? 0;
}

it('lets one work at a time', async () => {
  let inside = 0;
  let most = 0;
  const work = () =>
    withStartLock(lockFile, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await readdir(folder);
      inside -= 1;
    });
  await Promise.all(Array.from({ length: 8 }, work));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

it('is released when the work fails', async () => {
  const failing = withStartLock(lockFile, () => Promise.reject(new Error('no disk')));
  await expect(failing).rejects.toThrow('no disk');
  expect(await withStartLock(lockFile, async () => 'next')).toBe('next');
});

it.each([
  [
    'whose process has ended',
    async () => JSON.stringify({ pid: await endedProcess(), birth: '1', token: 'x' }),
  ],
  [
    'whose number was given to another process',
    async () => JSON.stringify({ pid: process.pid, birth: '1', token: 'x' }),
  ],
  ['that is not readable', async () => 'half a lo'],
])('takes over a lock %s', async (_what, content) => {
  await writeFile(lockFile, await content());
  const holder = await withStartLock(lockFile, () => readFile(lockFile, 'utf8'));
  expect(JSON.parse(holder)).toMatchObject({ pid: process.pid });
  expect(await readdir(folder)).toEqual([]);
});

it.each(Array.from({ length: 30 }, (_, round) => round))(
  'gives a dead lock to one of many who want it, round %i',
  async (round) => {
    const dead = JSON.stringify({ pid: await endedProcess(), birth: '1', token: 'x' });
    await writeFile(lockFile, dead);
    // Now and then one has died while it took a dead lock away.
    if (round % 10 === 9) await writeFile(`${lockFile}.turn`, dead);
    const order: string[] = [];
    const work = (name: string) =>
      withStartLock(lockFile, async () => {
        order.push(`${name} in`);
        await readdir(folder);
        order.push(`${name} out`);
      });
    await Promise.all(['a', 'b', 'c', 'd'].map(work));
    const names = order.filter((_, index) => index % 2 === 0).map((entry) => entry[0]);
    expect(order).toEqual(names.flatMap((name) => [`${name} in`, `${name} out`]));
    expect(names.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  },
);
