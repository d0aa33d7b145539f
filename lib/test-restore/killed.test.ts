import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeTools, MIGRATIONS, pgDumpFound, realTool } from '@/lib/backup/backup.test-setup';
import {
  type Executors,
  encryptBackups,
  executorsOf,
  processGone,
} from '@/lib/backup/executors.test-setup';
import { processBirth } from '@/lib/embedded/process-table';
import { asAdmin } from '@/lib/rehearsal/rehearsal.test-setup';
import { until } from '@/lib/testing/fault-room';
import {
  type PlannedRollback,
  planRollback,
  type TestMigration,
} from '@/lib/testing/planned-rollback';
import { backUp, copies, testRow } from './test-restore.test-setup';

let planned: PlannedRollback;
let executors: Executors;
afterEach(async () => {
  await executors.close();
  await planned.close();
});

/** Encrypted backup and its test, which alone is left in the queue. */
async function prepare(...down: string[]): Promise<number> {
  const [first, second] = MIGRATIONS as [TestMigration, TestMigration];
  planned = await planRollback({
    migrations: [first, down.length > 0 ? { ...second, down } : second],
    undo: 1,
  });
  await encryptBackups(planned);
  const { testRestoreId } = await backUp(planned);
  await planned.control.pool.query(
    "SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs WHERE task_identifier <> 'test_restore'",
  );
  return testRestoreId;
}

/** A pg_restore that stops in the middle of a restore, as a very large one would stand there. */
async function stuckTools(): Promise<{ folder: string; pidFile: string }> {
  const pidFile = path.join(planned.home, 'stuck');
  const real = await realTool('pg_restore');
  const folder = await fakeTools(path.join(planned.home, 'tools'), {
    pg_restore: `case "$*" in
*--version*|*--list*) exec ${real} "$@" ;;
esac
echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}
exec sleep 600`,
  });
  return { folder, pidFile };
}

/** What an executor keeps on this machine: passwords, lists, decrypted copies. */
async function heldFor(executorId: string | null): Promise<string[]> {
  const opened = path.join(planned.config.backups.directory, '.opened');
  const names = [...(await readdir(tmpdir())), ...(await readdir(opened))];
  return names.filter((name) => executorId !== null && name.includes(executorId));
}

async function expectNothingLeft(id: number, executorId: string | null): Promise<void> {
  await until(
    'it is interrupted',
    async () => (await testRow(planned, id)).state === 'interrupted',
  );
  expect((await testRow(planned, id)).error).toBe(
    'The executor ended during this test restore. Test the backup again.',
  );
  await until('its files are gone', async () => (await heldFor(executorId)).length === 0);
  await until('the copy is dropped', async () => (await copies(planned)).length === 0);
}

describe.skipIf(!pgDumpFound)('an executor that is killed', { timeout: 180_000 }, () => {
  it('in a restore leaves no program, no copy, nothing decrypted, and a test that says so', async () => {
    const id = await prepare();
    const stuck = await stuckTools();
    executors = await executorsOf(planned, { clientTools: stuck.folder });
    const first = await executors.start();
    await until('pg_restore runs', async () => existsSync(stuck.pidFile));
    const pid = Number(await readFile(stuck.pidFile, 'utf8'));
    expect(await copies(planned)).toHaveLength(1);
    const { executorId } = await testRow(planned, id);
    expect((await heldFor(executorId)).map((name) => name.split('-')[0]).sort()).toEqual([
      'backstep',
      'backstep',
      'backup',
    ]);
    await executors.kill(first);
    expect(await processBirth(pid)).toBeDefined();
    await executors.start();
    await expectNothingLeft(id, executorId);
    await processGone(pid);
  });

  it('in the rehearsal on the copy likewise', async () => {
    const id = await prepare('SELECT pg_sleep(600)', 'ALTER TABLE rooms DROP COLUMN topic');
    executors = await executorsOf(planned);
    const first = await executors.start();
    const sleeping = () =>
      asAdmin(async (client) => {
        const { rowCount } = await client.query(
          "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND datname = ANY ($1)",
          [await copies(planned)],
        );
        return rowCount === 1;
      });
    await until('the chain is being undone', sleeping);
    const { executorId } = await testRow(planned, id);
    expect((await heldFor(executorId)).some((name) => name.startsWith('backup-'))).toBe(true);
    await executors.kill(first);
    await executors.start();
    await expectNothingLeft(id, executorId);
  });
});
