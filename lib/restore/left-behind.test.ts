import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeTools, pgDumpFound, realTool } from '@/lib/backup/backup.test-setup';
import {
  type Executors,
  encryptBackups,
  executorsOf,
  processGone,
} from '@/lib/backup/executors.test-setup';
import { tables } from '@/lib/control';
import { processBirth } from '@/lib/embedded/process-table';
import { adminUrl } from '@/lib/testing/database';
import { until } from '@/lib/testing/fault-room';
import { performRestore, startRestore } from '.';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let room: RestoreRoom;
let executors: Executors | undefined;
afterEach(async () => {
  await executors?.close();
  executors = undefined;
  await room.close();
});

const leftDatabases = () =>
  room.server('SELECT datname FROM pg_database WHERE datname LIKE $1', [
    `${room.planned.live.name}\\_%`,
  ]);

/** What an executor keeps on this machine: passwords, lists, decrypted copies. */
async function heldFor(executorId: string | null): Promise<string[]> {
  const opened = path.join(room.planned.config.backups.directory, '.opened');
  const names = [...(await readdir(tmpdir())), ...(await readdir(opened))];
  return names.filter((name) => executorId !== null && name.includes(executorId));
}

describe.skipIf(!pgDumpFound)(
  'an executor that is killed in a restore',
  { timeout: 120_000 },
  () => {
    it('leaves no program, no password, nothing decrypted, and no database', async () => {
      room = await createRestoreRoom({ approvals: 0 }, encryptBackups);
      const { planned } = room;
      const pidFile = path.join(planned.home, 'stuck');
      const real = await realTool('pg_restore');
      const clientTools = await fakeTools(path.join(planned.home, 'tools'), {
        pg_restore: `case "$*" in
*--version*|*--list*) exec ${real} "$@" ;;
esac
echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}
exec sleep 600`,
      });
      await planned.control.pool.query(
        'SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs',
      );
      executors = await executorsOf(planned, { clientTools });
      const first = await executors.start();
      const { id, label } = await room.create();
      await startRestore(room.onCall, { restore: label, confirm: planned.target.name });
      await until('pg_restore runs', async () => existsSync(pidFile));
      const pid = Number(await readFile(pidFile, 'utf8'));
      const { executorId } = await room.row(id);
      const held = (await heldFor(executorId)).map((name) => name.split('-')[0]).sort();
      expect(held).toEqual(['backstep', 'backstep', 'backup']);
      await executors.kill(first);
      await planned.control.db
        .update(tables.restores)
        .set({ heartbeatAt: sql`clock_timestamp() - interval '1 hour'` });
      expect(await processBirth(pid)).toBeDefined();
      await executors.start();
      await until('it has failed', async () => (await room.row(id)).status === 'failed');
      await processGone(pid);
      await until('its files are gone', async () => (await heldFor(executorId)).length === 0);
      expect(await leftDatabases()).toEqual([]);
    });
  },
);

describe.skipIf(!pgDumpFound)(
  'a server that lacks what the backup names',
  { timeout: 120_000 },
  () => {
    it('an owner: it is named; made again, the restore goes through', async () => {
      const role = `owner_${randomBytes(6).toString('hex')}`;
      room = await createRestoreRoom({ approvals: 0 }, async ({ live }) => {
        const client = await live.connect();
        await client.query(`CREATE ROLE ${role}`);
        await client.query(`ALTER TABLE messages OWNER TO ${role}`);
        await client.end();
      });
      await room.sql(
        `REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`,
      );
      const { id, label } = await room.create();
      const start = async () => {
        await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
        await performRestore(room.system, id, room.deps());
        return room.row(id);
      };
      const failed = await start();
      expect(failed).toMatchObject({ status: 'failed', newOid: null });
      expect(failed.message).toMatch(
        new RegExp(`role "${role}" does not exist.*Create that role on the server`, 's'),
      );
      expect(await leftDatabases()).toEqual([]);
      await room.server(`CREATE ROLE ${role}`);
      expect(await start()).toMatchObject({ status: 'approved', message: null });
      await room.close();
      await dropRole(role);
    });
  },
);

async function dropRole(role: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  await client.query(`DROP ROLE ${role}`);
  await client.end();
}
