import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processBirth } from '@/lib/embedded/process-table';
import { until } from '@/lib/testing/fault-room';
import { type ObjectServer, startObjectServer } from '@/lib/testing/object-server';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { requestTargetBackup } from '.';
import {
  backupRow,
  fakeTools,
  holdTable,
  pgDumpFound,
  planBackup,
  realTool,
} from './backup.test-setup';
import {
  type Executors,
  encryptBackups,
  executorsOf,
  processGone,
  storageOf,
} from './executors.test-setup';

let planned: PlannedRollback;
let executors: Executors | undefined;
beforeEach(async () => {
  planned = await planBackup();
});
afterEach(async () => {
  await executors?.close();
  executors = undefined;
  await planned.close();
});

const request = async (): Promise<number> => {
  const { backupId } = await requestTargetBackup(planned.as(planned.people.on_call), {
    target: 'chat-test',
  });
  return backupId;
};

const interrupted = (id: number) =>
  until('it is interrupted', async () => (await backupRow(planned, id)).state === 'interrupted');

const folder = () => path.join(planned.config.backups.directory, 'chat-test');

/** Files of an executor beside the backups: passwords. */
const heldFor = async (executorId: string | null) =>
  (await readdir(tmpdir())).filter((name) => executorId !== null && name.includes(executorId));

describe.skipIf(!pgDumpFound)('an executor that is killed', { timeout: 120_000 }, () => {
  it('while pg_dump runs: that ends with its sessions, and nothing that is not encrypted stays', async () => {
    await encryptBackups(planned);
    const hold = await holdTable(planned);
    const id = await request();
    executors = await executorsOf(planned);
    const first = await executors.start();
    await hold.pgDumpWaits();
    const { executorId } = await backupRow(planned, id);
    expect(await heldFor(executorId)).not.toEqual([]);
    await executors.kill(first);
    await executors.start();
    await interrupted(id);
    // The table is still held: the dump has not come to its end.
    await hold.sessionsEnd();
    await hold.release();
    expect(await backupRow(planned, id)).toMatchObject({
      manifest: null,
      error: 'The executor ended while it took this backup. Take another.',
    });
    expect(await readdir(folder())).toEqual(['B-0001.quarantined']);
    expect(await readdir(path.join(folder(), 'B-0001.quarantined'))).toEqual([]);
    expect(await heldFor(executorId)).toEqual([]);
  });

  it('while it reads the dump back: the program ends, what it read is set aside', async () => {
    const pidFile = path.join(planned.home, 'reading');
    const clientTools = await fakeTools(path.join(planned.home, 'tools'), {
      pg_dump: `exec ${await realTool('pg_dump')} "$@"`,
      pg_restore: `case "$*" in
*--file=*) echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 600 ;;
esac
exec ${await realTool('pg_restore')} "$@"`,
    });
    const id = await request();
    executors = await executorsOf(planned, { clientTools });
    const first = await executors.start();
    await until('it is read back', async () => existsSync(pidFile));
    const pid = Number(await readFile(pidFile, 'utf8'));
    await executors.kill(first);
    expect(await processBirth(pid)).toBeDefined();
    await executors.start();
    await interrupted(id);
    await processGone(pid);
    expect(await readdir(folder())).toEqual(['B-0001.quarantined']);
    expect(await backupRow(planned, id)).toMatchObject({ manifest: null });
  });

  it('while it uploads: the objects are removed, the folder is set aside', async () => {
    const server: ObjectServer = await startObjectServer();
    try {
      planned.config.backups.storage = storageOf(server);
      const held = server.held({ method: 'PUT', key: /manifest\.json$/ });
      const id = await request();
      executors = await executorsOf(planned);
      const first = await executors.start();
      await held;
      expect(server.objects.size).toBeGreaterThan(3);
      await executors.kill(first);
      server.mischief.length = 0;
      await executors.start();
      await interrupted(id);
      expect([...server.objects.keys()]).toEqual([]);
      expect(await readdir(folder())).toEqual(['B-0001.quarantined']);
      const { location } = await backupRow(planned, id);
      expect(location).toBe(path.join(folder(), 'B-0001.quarantined'));
    } finally {
      await server.close();
    }
  });

  it('while a backup command runs: the command ends with all that it started', async () => {
    const file = path.join(planned.home, 'pids');
    const tools = await fakeTools(path.join(planned.home, 'bin'), {
      command: `sleep 600 &
echo "$$ $!" > ${file}.new; mv ${file}.new ${file}
wait`,
    });
    planned.target.policy.backup = {
      ...planned.target.policy.backup,
      methods: ['command'],
      level: 'vouched',
      command: [path.join(tools, 'command')],
    };
    const { methods, level, command } = planned.target.policy.backup;
    const id = await request();
    executors = await executorsOf(planned, { backup: { methods, level, command } });
    const first = await executors.start();
    await until('the command runs', async () => existsSync(file));
    const pids = (await readFile(file, 'utf8')).trim().split(' ').map(Number);
    await executors.kill(first);
    // Nobody has ended them yet.
    for (const pid of pids) expect(await processBirth(pid)).toBeDefined();
    await executors.start();
    for (const pid of pids) await processGone(pid);
    await interrupted(id);
  });
});
