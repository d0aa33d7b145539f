import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { adminUrl, useOwnServer } from '@/lib/testing/database';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import {
  createSmallTablespace,
  MAY_MOUNT,
  type SmallTablespace,
} from '@/lib/testing/small-tablespace';
import { backUp, copies, performInTurn, testRow } from './test-restore.test-setup';

const MB = 1024 * 1024;

let planned: PlannedRollback;
let small: SmallTablespace;
// Where a disk is full no checkpoint goes through, and nobody else can drop a database meanwhile.
let endServer: () => Promise<void>;
beforeAll(async () => {
  endServer = await useOwnServer();
});
afterAll(() => endServer());
afterEach(async () => {
  await planned.close();
  await small.close();
});

/** Tables of the copies lie on the small disk. */
function scratchUrl(): string {
  const url = new URL(adminUrl());
  url.searchParams.set('options', `-c default_tablespace=${small.name}`);
  return url.href;
}

async function plan(...down: string[]): Promise<number> {
  small = await createSmallTablespace();
  planned = await planRollback({
    migrations: [
      {
        tag: '0000_attachments',
        up: [
          'CREATE TABLE attachments (id int PRIMARY KEY, body text)',
          'ALTER TABLE attachments ALTER body SET STORAGE EXTERNAL',
          `INSERT INTO attachments SELECT n, (SELECT string_agg(md5(n || '/' || m), '') FROM generate_series(1, 2000) m)
             FROM generate_series(1, 400) n`,
        ],
        down: ['DROP TABLE attachments'],
      },
      { tag: '0001_seen', up: ['ALTER TABLE attachments ADD COLUMN seen int'], down },
    ],
    undo: 1,
    policy: { rescue: 'off' },
  });
  return (await backUp(planned)).testRestoreId;
}

describe.skipIf(!(MAY_MOUNT && pgDumpFound))(
  'the scratch server’s disk that is full (as root, with pg_restore)',
  { timeout: 120_000 },
  () => {
    it('in the middle of the restore: the test fails and says so, and the copy is gone', async () => {
      const id = await plan('ALTER TABLE attachments DROP COLUMN seen');
      await small.leave(4 * MB);
      expect(await performInTurn(planned, id, { scratchUrl: scratchUrl() })).toBe('failed');
      const { error, check, rehearsal } = await testRow(planned, id);
      expect(error).toMatch(/No space left on device.*disk is full\. Free some space/s);
      expect({ check, rehearsal }).toEqual({ check: null, rehearsal: null });
      expect(await copies(planned)).toEqual([]);
    });

    it('in the rehearsal on the copy: it is told as what it is, and the copy is gone', async () => {
      const id = await plan(
        "ALTER TABLE attachments ALTER body TYPE text USING body || 'x'",
        'ALTER TABLE attachments DROP COLUMN seen',
      );
      await small.leave(40 * MB);
      expect(await performInTurn(planned, id, { scratchUrl: scratchUrl() })).toBe('passed');
      const { check, rehearsal } = await testRow(planned, id);
      expect(check?.ok).toBe(true);
      expect(rehearsal).toMatchObject({
        ok: false,
        message: expect.stringMatching(/No space left on device.*53100/s),
        steps: [{ error: { sqlstate: '53100' } }],
      });
      expect(await copies(planned)).toEqual([]);
    });
  },
);
