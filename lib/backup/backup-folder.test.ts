import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPartialFolder, filesOf, quarantine, requireFreeSpace } from './backup-folder';
import { formatBytes } from './format-bytes';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'backstep-folder-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('the folder of a backup', () => {
  it('has its final name only when it is published', async () => {
    const folder = await createPartialFolder(home, 'shop', 'B-0007');
    expect(await readdir(path.join(home, 'shop'))).toEqual(['B-0007.partial']);
    expect(await folder.publish()).toBe(path.join(home, 'shop', 'B-0007'));
    expect(await readdir(path.join(home, 'shop'))).toEqual(['B-0007']);
  });

  it('never takes over a name that is in use in any form', async () => {
    await mkdir(path.join(home, 'shop', 'B-0007.quarantined'), { recursive: true });
    await mkdir(path.join(home, 'shop', 'B-0007.2'));
    const folder = await createPartialFolder(home, 'shop', 'B-0007');
    expect(folder.path).toBe(path.join(home, 'shop', 'B-0007.3.partial'));
  });

  it('stays inside the backup directory whatever the target is called', async () => {
    for (const name of ['../elsewhere', 'a/b', '.', '..']) {
      await expect(createPartialFolder(home, name, 'B-0001')).rejects.toMatchObject({
        code: 'backup_failed',
      });
    }
    expect(await readdir(home)).toEqual([]);
  });

  it('is quarantined under its unfinished and its final name, and keeps what was there before', async () => {
    const location = path.join(home, 'B-0001.partial');
    await mkdir(location);
    expect(await quarantine(location)).toBe(path.join(home, 'B-0001.quarantined'));
    await mkdir(path.join(home, 'B-0001'));
    expect(await quarantine(location)).toBe(path.join(home, 'B-0001.2.quarantined'));
    expect(await quarantine(location)).toBeNull();
    expect(await quarantine(path.join(home, 'B-0001.quarantined'))).toBe(
      path.join(home, 'B-0001.quarantined'),
    );
    expect(await readdir(home)).toEqual(['B-0001.2.quarantined', 'B-0001.quarantined']);
  });

  it('lists its files in a stable order and nothing else', async () => {
    await mkdir(path.join(home, 'folder'));
    for (const name of ['toc.dat', '10.dat.gz', '9.dat.gz']) {
      await writeFile(path.join(home, name), name);
    }
    expect(await filesOf(home)).toEqual([
      { path: '10.dat.gz', bytes: 9 },
      { path: '9.dat.gz', bytes: 8 },
      { path: 'toc.dat', bytes: 7 },
    ]);
  });
});

describe('free space', () => {
  it('must be as much as the database takes', async () => {
    await expect(requireFreeSpace(home, 1)).resolves.toBeUndefined();
    await expect(requireFreeSpace(home, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
      code: 'backup_failed',
      message: expect.stringMatching(/takes 8\.0 PB.*larger disk/),
    });
  });

  it.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 kB'],
    [431_600_000, '412 MB'],
    [1_073_600_000, '1.0 GB'],
    [2_254_857_830, '2.1 GB'],
  ])('is written as people read it: %d', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
