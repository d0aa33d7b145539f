import { open, readdir, rename, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupRow, MIGRATIONS, pgDumpFound } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import { createScratchDatabase, dropOrphanedScratch, testRestoreDatabaseName } from '@/lib/scratch';
import { connectScratch } from '@/lib/scratch/scratch-database';
import { adminUrl } from '@/lib/testing/database';
import { until } from '@/lib/testing/fault-room';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import { interruptOrphanedTestRestores, type PerformedTestRestore, requestTestRestore } from '.';
import {
  backUp,
  copies,
  EXECUTOR,
  eventsOf,
  perform,
  performInTurn,
  systemCtx,
  testRow,
} from './test-restore.test-setup';

/** Test files take turns with the one restore at a time. */
const PATIENT = { timeout: 120_000 };

let planned: PlannedRollback;
let backupId: number;
let testRestoreId: number;
beforeEach(async () => {
  planned = await planRollback({ migrations: MIGRATIONS, undo: 1 });
  if (pgDumpFound) ({ backupId, testRestoreId } = await backUp(planned));
});
afterEach(() => planned.close());

const folder = async () => (await backupRow(planned, backupId)).location ?? '';

/** The largest files are the rows of tables. */
async function dataFiles(): Promise<string[]> {
  const place = await folder();
  const files = (await readdir(place)).filter((name) => /^\d+\.dat/.test(name));
  const sized = await Promise.all(
    files.map(async (name) => ({ name, size: (await stat(path.join(place, name))).size })),
  );
  return sized.sort((a, b) => b.size - a.size).map(({ name }) => path.join(place, name));
}

async function failsWith(sentence: RegExp): Promise<void> {
  expect(await performInTurn(planned, testRestoreId)).toBe('failed');
  const { error, check, rehearsal } = await testRow(planned, testRestoreId);
  expect(error).toMatch(sentence);
  expect({ check, rehearsal }).toEqual({ check: null, rehearsal: null });
  expect(await copies(planned)).toEqual([]);
}

const setManifest = (where: string, value: unknown) =>
  planned.control.pool.query('UPDATE backstep.backups SET manifest = jsonb_set(manifest, $1, $2)', [
    where,
    JSON.stringify(value),
  ]);

describe.skipIf(!pgDumpFound)('a backup that is not what it was', PATIENT, () => {
  it('fails with its sentence: truncated', async () => {
    const [file = ''] = await dataFiles();
    await truncate(file, 100);
    await failsWith(/dat\.gz has changed: its checksum is not the manifest's\./);
  });

  it('fails with its sentence: one bit is another', async () => {
    const [file = ''] = await dataFiles();
    const handle = await open(file, 'r+');
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, 500);
    await handle.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, 500);
    await handle.close();
    await failsWith(/dat\.gz has changed: its checksum is not the manifest's\./);
  });

  it('fails with its sentence: two files have been swapped', async () => {
    const [one = '', other = ''] = await dataFiles();
    await rename(one, `${one}.kept`);
    await rename(other, one);
    await rename(`${one}.kept`, other);
    await failsWith(/dat\.gz has changed: its checksum is not the manifest's\./);
  });

  it('fails with its sentence: a file is gone, or the whole of it', async () => {
    const place = await folder();
    await rename(place, `${place}.elsewhere`);
    await failsWith(/cannot be read: ENOENT/);
  });
});

describe.skipIf(!pgDumpFound)('a scratch server that can’t take the backup', PATIENT, () => {
  it('is told before anything begins: an extension that it does not have', async () => {
    await setManifest('{extensions}', [
      { name: 'plpgsql', version: '1.0' },
      { name: 'no_such_thing', version: '1.0' },
    ]);
    await failsWith(
      /^The backup needs the extension no_such_thing, which the scratch server does not have\. Install it there/,
    );
  });

  it('is told before anything begins: an older version', async () => {
    await setManifest('{database,serverVersionNum}', 990_001);
    await failsWith(/^The backup is of PostgreSQL 99, and the scratch server is PostgreSQL \d/);
  });

  it('is told before anything begins: no room', async () => {
    await planned.control.db.update(tables.backups).set({ databaseBytes: 8 * 2 ** 50 });
    await failsWith(/^The copy takes about 8\.0 PB on the scratch server, and .+ are free there\./);
  });

  it('and a backup of before rows were counted is refused', async () => {
    await planned.control.pool.query("UPDATE backstep.backups SET manifest = manifest - 'rows'");
    await failsWith(/^B-0001 was taken by an older Backstep/);
  });
});

describe.skipIf(!pgDumpFound)('one test restore at a time', PATIENT, () => {
  it('waits for the other of this installation, says for what, and is called when that ends', async () => {
    const [other] = await planned.control.db
      .insert(tables.backups)
      .values({ target: planned.target.name, method: 'pg_dump', takenBy: planned.people.admin.id })
      .returning({ id: tables.backups.id });
    const [running] = await planned.control.db
      .insert(tables.testRestores)
      .values({ backupId: other?.id ?? 0, state: 'running', executorId: EXECUTOR })
      .returning({ id: tables.testRestores.id });
    expect(await performOnce()).toBe('waiting');
    const { state, progress } = await testRow(planned, testRestoreId);
    expect({ state, phase: progress?.phase }).toEqual({
      state: 'queued',
      phase: 'Waiting for the test restore of B-0002',
    });
    expect((await eventsOf(planned, 'test_restore.progress')).at(-1)?.payload.phase).toBe(
      'Waiting for the test restore of B-0002',
    );
    await planned.control.pool.query('DELETE FROM graphile_worker._private_jobs');
    expect(await interruptOrphanedTestRestores(systemCtx(planned), [EXECUTOR])).toEqual([
      running?.id,
    ]);
    const { rows } = await planned.control.pool.query(
      'SELECT task_identifier AS task FROM graphile_worker.jobs',
    );
    expect(rows).toEqual([{ task: 'test_restore' }]);
    expect(await performInTurn(planned, testRestoreId)).toBe('passed');
  });

  /** Other test files have their own turns on this server. */
  async function performOnce() {
    let ended: PerformedTestRestore = 'waiting';
    await until('the turn on the server is ours', async () => {
      ended = await perform(planned, testRestoreId);
      const { progress } = await testRow(planned, testRestoreId);
      return ended !== 'waiting' || progress?.phase.includes('B-') === true;
    });
    return ended;
  }

  it('waits for the one of another installation on the same server', async () => {
    const session = await connectScratch(adminUrl());
    await session.query('SELECT pg_advisory_lock($1, $2)', [0x6261_636b, 0x7465_7374]);
    expect(await perform(planned, testRestoreId)).toBe('waiting');
    expect((await testRow(planned, testRestoreId)).progress?.phase).toBe(
      'Waiting for a test restore that goes on there already',
    );
    await session.end();
    expect(await performInTurn(planned, testRestoreId)).toBe('passed');
  });
});

describe.skipIf(!pgDumpFound)('a test restore that is broken off', PATIENT, () => {
  it('by the end of the executor, is interrupted and leaves no copy', async () => {
    const ending = new AbortController();
    const ended = await performInTurn(planned, testRestoreId, {
      signal: ending.signal,
      rehearseSteps: async () => {
        expect(await copies(planned)).toHaveLength(1);
        ending.abort();
        throw new Error('the session is gone');
      },
    });
    expect(ended).toBe('interrupted');
    expect(await testRow(planned, testRestoreId)).toMatchObject({
      state: 'interrupted',
      error: 'Backstep was stopped during this test restore. Test the backup again.',
    });
    expect(await copies(planned)).toEqual([]);
  });

  it('by a crash, leaves a copy that is dropped once it has been declared interrupted', async () => {
    await planned.control.db
      .update(tables.testRestores)
      .set({ state: 'running', executorId: EXECUTOR })
      .where(eq(tables.testRestores.id, testRestoreId));
    const name = await testRestoreDatabaseName(systemCtx(planned), testRestoreId);
    const scratch = await createScratchDatabase({ scratchUrl: adminUrl(), name });
    const session = await scratch.connect();
    expect(await dropOrphanedScratch(systemCtx(planned), adminUrl())).toEqual([]);
    expect(await interruptOrphanedTestRestores(systemCtx(planned), [])).toEqual([]);
    const ended = await Promise.all([
      interruptOrphanedTestRestores(systemCtx(planned), [EXECUTOR]),
      interruptOrphanedTestRestores(systemCtx(planned), [EXECUTOR]),
    ]);
    expect(ended.flat()).toEqual([testRestoreId]);
    expect(await dropOrphanedScratch(systemCtx(planned), adminUrl())).toEqual([name]);
    await session.end().catch(() => undefined);
    expect(await perform(planned, testRestoreId)).toBe('not_claimed');
  });
});

describe.skipIf(!pgDumpFound)('asking for a test restore', PATIENT, () => {
  const ask = (role: 'on_call' | 'reviewer' | 'auditor', rollback?: string) =>
    requestTestRestore(planned.as(planned.people[role]), { backup: 'B-0001', rollback });
  const end = () => planned.control.db.update(tables.testRestores).set({ state: 'interrupted' });

  it('is one at a time for a backup, and for those who may', async () => {
    await expect(ask('reviewer')).rejects.toMatchObject({
      code: 'gate_closed',
      message: 'B-0001 is being restored.',
    });
    await end();
    await expect(ask('auditor')).rejects.toMatchObject({ code: 'forbidden' });
    const both = await Promise.allSettled([ask('reviewer'), ask('on_call', planned.label)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { rows } = await planned.control.pool.query(
      "SELECT count(*)::int AS asked FROM backstep.audit_log WHERE action = 'test_restore.request'",
    );
    expect(rows).toEqual([{ asked: 1 }]);
  });

  it('names the rollback whose plan is rehearsed, and who asked', async () => {
    await end();
    const { testRestoreId: id } = await ask('reviewer', planned.label);
    expect(await testRow(planned, id)).toMatchObject({
      rollbackId: planned.rollbackId,
      requestedBy: planned.people.reviewer.id,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    // The plan that waits to be rehearsed is no longer the pinned one.
    await planned.control.db
      .update(tables.testRestores)
      .set({ digest: 'a'.repeat(64) })
      .where(eq(tables.testRestores.id, id));
    expect(await performInTurn(planned, id)).toBe('interrupted');
  });

  it('refuses what is no backup', async () => {
    const ctx = planned.as(planned.people.on_call);
    await expect(requestTestRestore(ctx, { backup: 'B-0099' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await end();
    await planned.control.db
      .update(tables.backups)
      .set({ prunedAt: '2026-01-01', pruneReason: 'old' });
    await expect(requestTestRestore(ctx, { backup: 'B-0001' })).rejects.toMatchObject({
      code: 'gate_closed',
      message: 'B-0001 has been pruned. Take another.',
    });
  });
});
