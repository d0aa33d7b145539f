import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tables } from '@/lib/control';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { cancelBackup, requestTargetBackup } from '.';
import {
  auditOf,
  backupRow,
  eventsOf,
  holdTable,
  perform,
  pgDumpFound,
  planBackup,
  queueBackup,
} from './backup.test-setup';

let planned: PlannedRollback;
beforeEach(async () => {
  planned = await planBackup();
  vi.stubEnv('TMPDIR', planned.home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await planned.close();
});

const cancel = (backup = 'B-0001', person = planned.people.on_call) =>
  cancelBackup(planned.as(person), { backup });

describe('cancelling a backup', () => {
  it('that nobody has begun ends it there and then', async () => {
    const id = await queueBackup(planned);
    await cancel();
    expect(await backupRow(planned, id)).toMatchObject({
      state: 'interrupted',
      error: 'Person on_call cancelled this backup before it began.',
      finishedAt: expect.any(String),
    });
    expect(await perform(planned, id)).toBe('not_claimed');
    expect(await eventsOf(planned, 'backup.finished')).toMatchObject([{ payload: { ok: false } }]);
    expect((await auditOf(planned)).at(-1)).toMatchObject({
      action: 'backup.cancel',
      subject: planned.label,
      payload: { backup: 'B-0001', state: 'queued' },
    });
  });

  it.skipIf(!pgDumpFound)(
    'that is going on ends pg_dump within seconds, and sets aside what there is',
    async () => {
      const id = await queueBackup(planned);
      const hold = await holdTable(planned);
      const performing = perform(planned, id);
      await hold.pgDumpWaits();
      await cancel();
      expect(await performing).toBe('interrupted');
      await hold.sessionsEnd();
      await hold.release();
      expect(await backupRow(planned, id)).toMatchObject({
        state: 'interrupted',
        error: 'Person on_call cancelled this backup. Take another when it is needed.',
        cancelRequestedBy: planned.people.on_call.id,
      });
      const folder = path.join(planned.config.backups.directory, 'chat-test');
      expect(await readdir(folder)).toEqual(['B-0001.quarantined']);
      expect(await eventsOf(planned, 'backup.cancel_requested')).toHaveLength(1);
      expect(await planned.control.db.select().from(tables.testRestores)).toEqual([]);
    },
  );

  it('is refused twice, for one that is over, for none, and to those who may not', async () => {
    const id = await queueBackup(planned);
    await expect(cancel('B-0001', planned.people.reviewer)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await planned.control.db.update(tables.backups).set({ state: 'running' });
    await cancel();
    await expect(cancel()).rejects.toMatchObject({ message: 'Cancel has been requested.' });
    await planned.control.db.update(tables.backups).set({ state: 'failed' });
    await expect(cancel()).rejects.toMatchObject({ message: 'No backup is being taken.' });
    await expect(cancel(`B-0${id}77`)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a backup of a target, without a rollback', () => {
  const ask = (method?: 'pg_dump' | 'command', person = planned.people.on_call) =>
    requestTargetBackup(planned.as(person), { target: 'chat-test', ...(method && { method }) });

  it.skipIf(!pgDumpFound)(
    'takes head and identity from the live database and the files',
    async () => {
      const { backupId, label } = await ask();
      expect(await perform(planned, backupId)).toBe('passed');
      expect(await backupRow(planned, backupId)).toMatchObject({
        rollbackId: null,
        manifest: { database: planned.plan.database, head: '0001_topic', trackingRows: 2 },
      });
      expect((await auditOf(planned)).map(({ action, subject }) => [action, subject])).toEqual([
        ['backup.request', label],
        ['backup.finish', label],
      ]);
      const { rows } = await planned.control.pool.query('SELECT FROM backstep.rollback_events');
      expect(rows).toEqual([]);
      // The policy is content with a full read.
      expect(await planned.control.db.select().from(tables.testRestores)).toEqual([]);
    },
  );

  it.skipIf(!pgDumpFound)('is restored to test it where the policy asks for that', async () => {
    planned.target.policy.backup.level = 'restored';
    const { backupId } = await ask();
    expect(await perform(planned, backupId)).toBe('passed');
    expect(await planned.control.db.select().from(tables.testRestores)).toMatchObject([
      { backupId, rollbackId: null, digest: null, requestedBy: null, state: 'queued' },
    ]);
  });

  it('is asked for once at a time, by who may, by a method that is allowed', async () => {
    const both = await Promise.allSettled([ask(), ask()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({
      code: 'gate_closed',
      message: 'B-0001 is being taken already.',
    });
    await cancel();
    await expect(ask('command')).rejects.toMatchObject({
      code: 'refused',
      message: 'The policy of this target allows backups by pg_dump, not by command.',
    });
    for (const role of ['reviewer', 'auditor'] as const) {
      await expect(ask(undefined, planned.people[role])).rejects.toMatchObject({
        code: 'forbidden',
      });
    }
    planned.target.policy.backup.methods = ['attested'];
    await expect(ask()).rejects.toMatchObject({ code: 'gate_closed' });
  });
});
