import { mkdir, mkdtemp, readdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { interruptOrphanedBackups } from '.';
import {
  auditOf,
  backupRow,
  EXECUTOR,
  eventsOf,
  holdTable,
  perform,
  pgDumpFound,
  planBackup,
  queueBackup,
  systemCtx,
} from './backup.test-setup';

let planned: PlannedRollback;
let folder: string;
beforeEach(async () => {
  planned = await planBackup();
  folder = path.join(planned.config.backups.directory, 'chat-test');
});
afterEach(() => planned.close());

/** What a killed executor leaves behind. */
async function leaveBehind(name: string): Promise<number> {
  const id = await queueBackup(planned);
  const location = path.join(folder, 'B-0001.partial');
  await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, name, 'toc.dat'), 'unfinished');
  await planned.control.db
    .update(tables.backups)
    .set({ state: 'running', executorId: EXECUTOR, location })
    .where(eq(tables.backups.id, id));
  return id;
}

describe('backups of a dead executor', () => {
  it('are marked as interrupted, once, and their files never count', async () => {
    const id = await leaveBehind('B-0001.partial');
    const left = await mkdtemp(path.join(tmpdir(), `backstep-pgpass-${EXECUTOR}-`));
    const ended = await Promise.all([
      interruptOrphanedBackups(systemCtx(planned), [EXECUTOR]),
      interruptOrphanedBackups(systemCtx(planned), [EXECUTOR]),
    ]);
    expect(ended.flat()).toEqual([id]);
    const row = await backupRow(planned, id);
    expect(row).toMatchObject({
      state: 'interrupted',
      location: path.join(folder, 'B-0001.quarantined'),
      error: 'The executor ended while it took this backup. Take another.',
    });
    expect(await readdir(folder)).toEqual(['B-0001.quarantined']);
    expect(await readdir(tmpdir())).not.toContain(path.basename(left));
    expect(await eventsOf(planned, 'backup.finished')).toMatchObject([{ payload: { ok: false } }]);
    expect((await auditOf(planned)).at(-1)).toMatchObject({
      action: 'backup.finish',
      outcome: 'failed',
    });
  });

  it('are set aside as well when the folder had its final name already', async () => {
    await leaveBehind('B-0001');
    await interruptOrphanedBackups(systemCtx(planned), [EXECUTOR]);
    expect(await readdir(folder)).toEqual(['B-0001.quarantined']);
  });

  it('do not include those of living executors', async () => {
    const id = await leaveBehind('B-0001.partial');
    expect(await interruptOrphanedBackups(systemCtx(planned), [])).toEqual([]);
    expect(
      await interruptOrphanedBackups(systemCtx(planned), ['00000000-0000-4000-8000-00000000000f']),
    ).toEqual([]);
    expect(await backupRow(planned, id)).toMatchObject({ state: 'running' });
  });

  it.skipIf(!pgDumpFound)('stay interrupted when the executor wakes up again', async () => {
    const id = await queueBackup(planned);
    const hold = await holdTable(planned);
    const performing = perform(planned, id);
    await hold.pgDumpWaits();
    // The folder is moved back: even a dump that could be completed must not be confirmed any more.
    expect(await interruptOrphanedBackups(systemCtx(planned), [EXECUTOR])).toEqual([id]);
    await rename(path.join(folder, 'B-0001.quarantined'), path.join(folder, 'B-0001.partial'));
    await hold.release();
    expect(await performing).toBe('interrupted');
    expect(await backupRow(planned, id)).toMatchObject({ state: 'interrupted', manifest: null });
    expect(await readdir(folder)).toEqual(['B-0001.quarantined']);
    expect(await eventsOf(planned, 'backup.finished')).toHaveLength(1);
  });
});
