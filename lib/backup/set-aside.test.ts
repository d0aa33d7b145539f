import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ObjectServer, startObjectServer } from '@/lib/testing/object-server';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { removeLeftOpened } from '.';
import { planBackup } from './backup.test-setup';
import { createPartialFolder, type PartialFolder } from './backup-folder';
import { encryptBackups, storageOf } from './executors.test-setup';
import { setAside } from './set-aside';
import { withObjects } from './store/place';
import { removeKept } from './store/remove-kept';
import { noteUpload } from './store/unfinished-upload';

let planned: PlannedRollback;
let server: ObjectServer;
let folder: PartialFolder;
beforeEach(async () => {
  planned = await planBackup();
  server = await startObjectServer();
  planned.config.backups.storage = storageOf(server);
  folder = await createPartialFolder(planned.config.backups.directory, 'chat-test', 'B-0001');
  await writeFile(path.join(folder.path, 'toc.dat'), 'contents');
});
afterEach(async () => {
  await server.close();
  await planned.close();
});

const PREFIX = 'backstep/chat-test/B-0001';
const LOCATION = `s3://backups/${PREFIX}`;
const backups = () => planned.config.backups;
const beside = () => readdir(path.dirname(folder.path));

/** An upload that was cut off: one object, one that is only begun. */
async function uploadHalf(): Promise<void> {
  await noteUpload(folder.path, LOCATION);
  server.objects.set(`${PREFIX}/toc.dat`, Buffer.from('contents'));
  server.objects.set('backstep/chat-test/B-00012/toc.dat', Buffer.from('of another backup'));
  const large = path.join(planned.home, 'large');
  await writeFile(large, Buffer.alloc(40 * 1024 * 1024, 'abc'));
  const abandoned = new AbortController();
  const held = server.held({ method: 'PUT', key: /3001/ });
  const put = withObjects(storageOf(server), (client) =>
    client.put(large, 40 * 1024 * 1024, `${PREFIX}/3001.dat.gz`, abandoned.signal),
  ).catch(() => undefined);
  await held;
  // As a killed executor, which says goodbye to nobody.
  server.mischief.push({ method: 'DELETE', key: /3001/, does: 'cut' });
  abandoned.abort();
  await put;
  server.mischief.length = 0;
  expect(server.unfinished()).toEqual([`${PREFIX}/3001.dat.gz`]);
}

describe('what an attempt at a backup leaves', { timeout: 60_000 }, () => {
  it('in the bucket is removed, also an object by halves, and nothing of others', async () => {
    await uploadHalf();
    const kept = await setAside(backups(), folder.path);
    expect(kept).toMatch(/B-0001\.quarantined$/);
    expect([...server.objects.keys()]).toEqual(['backstep/chat-test/B-00012/toc.dat']);
    expect(server.unfinished()).toEqual([]);
    expect(await beside()).toEqual(['B-0001.quarantined']);
  });

  it('in a bucket that does not answer is removed with the folder that was set aside', async () => {
    await uploadHalf();
    server.mischief.push({ method: 'GET', key: /^$/, does: 503 });
    const kept = (await setAside(backups(), folder.path)) ?? '';
    expect(server.objects.size).toBe(2);
    expect(await readFile(path.join(kept, '.uploading'), 'utf8')).toBe(LOCATION);
    await expect(removeKept(backups(), kept)).rejects.toThrow(/did not/);
    expect(await readdir(kept)).toEqual(['.uploading', 'toc.dat']);
    server.mischief.length = 0;
    await removeKept(backups(), kept);
    expect([...server.objects.keys()]).toEqual(['backstep/chat-test/B-00012/toc.dat']);
    expect(await beside()).toEqual([]);
  });

  it('whose upload was through when its executor died, and not yet recorded, is removed as well', async () => {
    await noteUpload(folder.path, LOCATION);
    server.objects.set(`${PREFIX}/manifest.json`, Buffer.from('{}'));
    await rm(folder.path, { recursive: true });
    expect(await setAside(backups(), folder.path)).toBeNull();
    expect(server.objects.size).toBe(0);
    expect(await beside()).toEqual([]);
  });

  it('is not kept in the clear where backups are encrypted', async () => {
    await encryptBackups(planned);
    await writeFile(path.join(folder.path, 'manifest.json'), '{}');
    await writeFile(path.join(folder.path, '3001.dat.gz.age'), 'encrypted');
    const kept = await setAside(backups(), folder.path);
    expect(await readdir(kept ?? '')).toEqual(['3001.dat.gz.age', 'manifest.json']);
  });

  it('decrypted goes with the executor that read it, and no other one’s does', async () => {
    const opened = path.join(backups().directory, '.opened');
    expect(await removeLeftOpened(backups(), ['dead'])).toEqual([]);
    await mkdir(path.join(opened, 'backup-dead-1'), { recursive: true });
    await mkdir(path.join(opened, 'backup-deadly-1'));
    await mkdir(path.join(opened, 'backup-alive-1'));
    expect(await removeLeftOpened(backups(), ['dead'])).toEqual([
      path.join(opened, 'backup-dead-1'),
    ]);
    expect((await readdir(opened)).sort()).toEqual(['backup-alive-1', 'backup-deadly-1']);
  });
});
