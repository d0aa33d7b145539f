import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { encryptBackups, storageOf } from '@/lib/backup/executors.test-setup';
import { tables } from '@/lib/control';
import { copies, performInTurn, testRow } from '@/lib/test-restore/test-restore.test-setup';
import { type ObjectServer, startObjectServer } from '@/lib/testing/object-server';
import { performRestore, startRestore } from '.';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let server: ObjectServer;
let room: RestoreRoom;
beforeEach(async () => {
  server = await startObjectServer();
  room = await createRestoreRoom({ approvals: 0 }, async (planned) => {
    planned.config.backups.storage = storageOf(server);
    await encryptBackups(planned);
  });
});
afterEach(async () => {
  await room.close();
  await server.close();
});

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';

/** What was brought back and decrypted. */
const opened = () => readdir(path.join(room.planned.config.backups.directory, '.opened'));

async function testRestoreId(): Promise<number> {
  const [queued] = await room.planned.control.db
    .select({ id: tables.testRestores.id })
    .from(tables.testRestores)
    .where(eq(tables.testRestores.backupId, room.backupId));
  if (!queued) throw new Error('no test restore was queued');
  return queued.id;
}

describe.skipIf(!pgDumpFound)('an encrypted backup in a bucket', { timeout: 120_000 }, () => {
  it('is restored to test it, restored beside the target, and swapped in; nothing decrypted stays', async () => {
    expect([...server.objects.keys()].every((key) => /\.age$|manifest\.json$/.test(key))).toBe(
      true,
    );
    const id = await testRestoreId();
    expect(await performInTurn(room.planned, id)).toBe('passed');
    expect(await testRow(room.planned, id)).toMatchObject({
      check: { ok: true },
      rehearsal: { ok: true },
    });
    expect(await opened()).toEqual([]);
    const restore = await room.restored();
    expect(await opened()).toEqual([]);
    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    expect(await room.sql(ROOMS)).toEqual([{ n: 500 }]);
  });

  it.each([
    ['that can’t be reached in the middle', 'cut' as const, /did not read .*\.dat/],
    ['that refuses in the middle', 503, /did not read .*\.dat/],
  ])('%s is restored nowhere, and is as soon as it answers', async (_, does, sentence) => {
    server.mischief.push({ method: 'GET', key: /\d+\.dat/, does });
    const id = await testRestoreId();
    expect(await performInTurn(room.planned, id)).toBe('failed');
    expect((await testRow(room.planned, id)).error).toMatch(sentence);
    const { id: restoreId, label } = await room.create();
    const start = async () => {
      await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
      await performRestore(room.system, restoreId, room.deps());
    };
    await start();
    const failed = await room.row(restoreId);
    expect(failed).toMatchObject({ status: 'failed', newOid: null });
    expect(failed.message).toMatch(sentence);
    expect(failed.message).not.toMatch(/a-secret-key/);
    expect(await opened()).toEqual([]);
    expect(await copies(room.planned)).toEqual([]);
    server.mischief.length = 0;
    await start();
    expect(await room.row(restoreId)).toMatchObject({ status: 'approved', message: null });
  });

  it('of which an object was changed is restored nowhere', async () => {
    const key = [...server.objects.keys()].find((name) => /\d+\.dat/.test(name)) ?? '';
    const bytes = Buffer.from(server.objects.get(key) ?? '');
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    server.objects.set(key, bytes);
    const { id, label } = await room.create();
    await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    await performRestore(room.system, id, room.deps());
    expect(await room.row(id)).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/decrypted/),
    });
    expect(await opened()).toEqual([]);
  });
});
