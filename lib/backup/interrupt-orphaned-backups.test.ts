import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import { findClientTool } from '@/lib/embedded';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { type BackupDeps, interruptOrphanedBackups } from '.';
import {
  auditOf,
  backupRow,
  EXECUTOR,
  eventsOf,
  fakeTools,
  holdTable,
  perform,
  pgDumpFound,
  planBackup,
  queueBackup,
  realTool,
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

  it.skipIf(!pgDumpFound)('end what goes on: pg_dump, and its sessions', async () => {
    const id = await queueBackup(planned);
    const hold = await holdTable(planned);
    const performing = perform(planned, id);
    await hold.pgDumpWaits();
    await interruptOrphanedBackups(systemCtx(planned), [EXECUTOR]);
    // The table is still held: nothing else can have ended it.
    await hold.sessionsEnd();
    await hold.release();
    expect(['failed', 'interrupted']).toContain(await performing);
    expect((await backupRow(planned, id)).state).not.toBe('passed');
    expect(await readdir(folder)).toEqual(['B-0001.quarantined']);
    expect(await eventsOf(planned, 'backup.finished')).toHaveLength(1);
  });

  it.skipIf(!pgDumpFound)('end the sessions of a program that another machine runs', async () => {
    const id = await queueBackup(planned);
    const hold = await holdTable(planned);
    const tools = await fakeTools(path.join(planned.home, 'tools'), {
      pg_dump: `exec env -u BACKSTEP_EXECUTOR ${await realTool('pg_dump')} "$@"`,
    });
    const performing = perform(planned, id, { findTool: toolsOf(tools, 'pg_dump') });
    await hold.pgDumpWaits();
    await interruptOrphanedBackups(systemCtx(planned), [EXECUTOR]);
    await hold.sessionsEnd();
    await hold.release();
    expect(['failed', 'interrupted']).toContain(await performing);
    expect((await backupRow(planned, id)).state).not.toBe('passed');
  });

  it.skipIf(!pgDumpFound)('stay interrupted when the executor wakes up again', async () => {
    const id = await queueBackup(planned);
    const fifo = path.join(planned.home, 'fifo');
    await promisify(execFile)('mkfifo', [fifo]);
    const tools = await fakeTools(path.join(planned.home, 'tools'), {
      // A program that can't be reached, as on another machine.
      pg_restore: `[ -z "$BACKSTEP_EXECUTOR" ] || exec env -u BACKSTEP_EXECUTOR "$0" "$@"
case "$*" in *--list*) ;; *) read -r _ < ${fifo} ;; esac
exec ${await realTool('pg_restore')} "$@"`,
    });
    const performing = perform(planned, id, { findTool: toolsOf(tools, 'pg_restore') });
    // Opened as soon as the full read waits at its other end.
    const release = await open(fifo, 'w');
    // The folder is moved back: even a dump that could be completed must not be confirmed any more.
    expect(await interruptOrphanedBackups(systemCtx(planned), [EXECUTOR])).toEqual([id]);
    await rename(path.join(folder, 'B-0001.quarantined'), path.join(folder, 'B-0001.partial'));
    await release.write('\n');
    await release.close();
    expect(await performing).toBe('interrupted');
    expect(await backupRow(planned, id)).toMatchObject({ state: 'interrupted', manifest: null });
    expect(await readdir(folder)).toEqual(['B-0001.quarantined']);
    expect(await eventsOf(planned, 'backup.finished')).toHaveLength(1);
  });
});

/** The real programs, but for one that is a script of the test's. */
const toolsOf =
  (folder: string, script: 'pg_dump' | 'pg_restore'): BackupDeps['findTool'] =>
  async (tool, options) => {
    const found = await findClientTool(tool, options);
    return tool === script ? { ...found, path: path.join(folder, tool) } : found;
  };
