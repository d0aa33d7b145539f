import { open, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import { type ObjectServer, startObjectServer } from '@/lib/testing/object-server';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { confirmBackup, getBackup, pruneBackups, requestTargetBackup } from '.';
import { backupRow, perform, pgDumpFound, planBackup, systemCtx } from './backup.test-setup';

let planned: PlannedRollback;
beforeEach(async () => {
  planned = await planBackup();
});
afterEach(() => planned.close());

async function take(): Promise<number> {
  const { backupId } = await requestTargetBackup(planned.as(planned.people.on_call), {
    target: 'chat-test',
  });
  expect(await perform(planned, backupId)).toBe('passed');
  return backupId;
}

const confirm = (id: number) =>
  confirmBackup(systemCtx(planned), { backup: { id }, identity: planned.plan.database });

async function growOld(id: number): Promise<void> {
  await planned.control.db
    .update(tables.backups)
    .set({ snapshotAt: sql`now() - interval '30 days'` })
    .where(eq(tables.backups.id, id));
}

describe.skipIf(!pgDumpFound)('a backup that is kept', () => {
  it('encrypted lies there as no plain file, is verified, and is seen to change', async () => {
    const identity = await generateX25519Identity();
    const identityFile = path.join(planned.home, 'identity.txt');
    await writeFile(identityFile, `${identity}\n`);
    const recipients = [await identityToRecipient(identity)];
    planned.config.backups.encryption = { recipients, identityFile };
    const id = await take();
    const { location } = await backupRow(planned, id);
    const files = await readdir(location ?? '');
    expect(files.filter((name) => !name.endsWith('.age'))).toEqual(['manifest.json']);
    expect(await confirm(id)).toEqual({ ok: true });
    const page = await getBackup(planned.as(planned.people.auditor), { backup: 'B-0001' });
    expect(page).toMatchObject({ encrypted: true, backup: { level: 'read' } });

    const victim = path.join(location ?? '', files.find((name) => name.endsWith('.age')) ?? '');
    const handle = await open(victim, 'r+');
    await handle.write(Buffer.from([255, 0, 255]), 0, 3, 200);
    await handle.close();
    expect(await confirm(id)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/has changed/),
    });
  });

  describe('in a bucket', () => {
    let server: ObjectServer;
    beforeEach(async () => {
      server = await startObjectServer();
      planned.config.backups.storage = {
        endpoint: server.endpoint,
        region: 'us-east-1',
        bucket: server.bucket,
        prefix: 'backstep',
        accessKey: server.accessKey,
        secretKey: 'a-secret-key',
        pathStyle: true,
      };
    });
    afterEach(() => server.close());

    it('is verified there, leaves nothing on this disk, and is pruned there', async () => {
      const first = await take();
      const { location } = await backupRow(planned, first);
      expect(location).toMatch(/^s3:\/\/backups\/backstep\/chat-test\/B-0001$/);
      expect(await readdir(path.join(planned.config.backups.directory, 'chat-test'))).toEqual([]);
      expect(await confirm(first)).toEqual({ ok: true });
      const second = await take();
      await growOld(first);
      planned.config.backups.retention = { count: 1, days: 7 };
      expect(await pruneBackups(systemCtx(planned))).toEqual({ pruned: [first], problems: [] });
      const left = [...server.objects.keys()];
      expect(left.length).toBeGreaterThan(1);
      expect(left.filter((key) => !key.includes('B-0002'))).toEqual([]);
      expect(await confirm(second)).toEqual({ ok: true });
    });

    it('is not pruned while the storage does not answer, and is in the next round', async () => {
      const first = await take();
      await take();
      await growOld(first);
      planned.config.backups.retention = { count: 1, days: 7 };
      server.mischief.push({ method: 'GET', key: /.*/, does: 403 });
      const { pruned, problems } = await pruneBackups(systemCtx(planned));
      expect([pruned, problems.map(({ backupId }) => backupId)]).toEqual([[], [first]]);
      expect((await backupRow(planned, first)).prunedAt).toBeNull();
      server.mischief.length = 0;
      expect((await pruneBackups(systemCtx(planned))).pruned).toEqual([first]);
    });
  });
});
