import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { adminUrl, useOwnServer } from '@/lib/testing/database';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import {
  createSmallTablespace,
  MAY_MOUNT,
  type SmallTablespace,
} from '@/lib/testing/small-tablespace';
import { performRestore, startRestore } from '.';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

const MB = 1024 * 1024;
const ROWS = 'SELECT count(*)::int AS n FROM attachments';

let room: RestoreRoom;
let small: SmallTablespace;
// Where a disk is full no checkpoint goes through, and nobody else can drop a database meanwhile.
let endServer: () => Promise<void>;
beforeAll(async () => {
  endServer = await useOwnServer();
});
afterAll(() => endServer());
afterEach(async () => {
  await room.close();
  await small.close();
});

/** Moves the target to the small disk, with some megabytes that a restore has to write again. */
async function moveTarget({ live }: PlannedRollback): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl() });
  await admin.connect();
  await admin.query(`ALTER DATABASE ${live.name} SET TABLESPACE ${small.name}`);
  await admin.end();
  const client = await live.connect();
  await client.query('CREATE TABLE attachments (id int PRIMARY KEY, body bytea)');
  await client.query('ALTER TABLE attachments ALTER body SET STORAGE EXTERNAL');
  await client.query(
    "INSERT INTO attachments SELECT n, decode(repeat(md5(n::text), 4000), 'hex') FROM generate_series(1, 400) n",
  );
  await client.end();
}

describe.skipIf(!(MAY_MOUNT && pgDumpFound))(
  'a server’s disk that is full (as root, with pg_restore)',
  { timeout: 120_000 },
  () => {
    it('in the middle of the restore: it fails and says so, gives the room back, and harms nothing', async () => {
      small = await createSmallTablespace();
      room = await createRestoreRoom({ approvals: 0 }, moveTarget);
      const { id, label } = await room.create();
      const start = async () => {
        await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
        await performRestore(room.system, id, room.deps());
        return room.row(id);
      };
      const used = await small.used();
      // An empty database fits, its rows don't.
      await small.leave(14 * MB);
      const failed = await start();
      expect(failed).toMatchObject({ status: 'failed', newOid: null });
      expect(failed.message).toMatch(/No space left on device.*Free space on the server/s);
      const left = await room.server('SELECT FROM pg_database WHERE datname LIKE $1', [
        `${room.planned.live.name}\\_%`,
      ]);
      expect(left).toEqual([]);
      expect(await room.sql(ROWS)).toEqual([{ n: 400 }]);
      await room.server('CHECKPOINT');
      expect(await small.used()).toBeLessThan(used + 4 * MB);
      await small.leave(200 * MB);
      expect(await start()).toMatchObject({ status: 'approved', message: null });
    });

    it('so that nobody can even connect to the new database: the same', async () => {
      small = await createSmallTablespace();
      room = await createRestoreRoom({ approvals: 0 }, moveTarget);
      const { id, label } = await room.create();
      await small.leave(2 * MB);
      await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
      await performRestore(room.system, id, room.deps());
      const failed = await room.row(id);
      expect(failed).toMatchObject({ status: 'failed', newOid: null });
      expect(failed.message).toMatch(/Free space on the server/);
      expect((await room.acts(id)).filter(({ state }) => state === 'intent')).toEqual([]);
      expect(await room.sql(ROWS)).toEqual([{ n: 400 }]);
    });
  },
);
