import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  backupRow,
  holdTable,
  perform,
  pgDumpFound,
  planBackup,
  queueBackup,
} from '@/lib/backup/backup.test-setup';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';

const run = promisify(execFile);
const ROOT = process.getuid?.() === 0;
const SIZE_MB = 48;

/** Only root may mount; where that is not allowed either, the tests are skipped by their name. */
async function mountSmall(folder: string): Promise<boolean> {
  if (!ROOT || process.platform !== 'linux') return false;
  return await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', folder]).then(
    () => true,
    () => false,
  );
}

const probe = await mkdtemp(path.join(tmpdir(), 'backstep-mount-'));
const MAY_MOUNT = await mountSmall(probe);
if (MAY_MOUNT) await run('umount', [probe]);
await rm(probe, { recursive: true, force: true });

let folder: string;
let planned: PlannedRollback;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'backstep-full-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  planned = await planBackup();
  const disk = path.join(folder, 'disk');
  await mkdir(disk, { recursive: true });
  if (MAY_MOUNT) await mountSmall(disk);
  planned.config.backups = { directory: disk, jobs: 1 };
});
afterEach(async () => {
  if (MAY_MOUNT) await run('umount', ['-l', path.join(folder, 'disk')]);
  await planned.close();
});

/** Leaves not a single block. */
async function fill(disk: string): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  await writeFile(path.join(disk, 'something-else'), Buffer.alloc(bavail * bsize));
}

describe.skipIf(!(MAY_MOUNT && pgDumpFound))(
  'a disk that is full (as root, with pg_dump)',
  { timeout: 120_000 },
  () => {
    it('before the backup: it is refused, and says how much is needed', async () => {
      const disk = path.join(folder, 'disk');
      await fill(disk);
      const id = await queueBackup(planned);
      expect(await perform(planned, id)).toBe('failed');
      expect(await backupRow(planned, id)).toMatchObject({
        state: 'failed',
        error: expect.stringMatching(/Free as much space as the database takes/),
      });
    });

    it('in the middle of it: not confirmed, and what was written is set aside', async () => {
      const disk = path.join(folder, 'disk');
      const id = await queueBackup(planned);
      const hold = await holdTable(planned);
      const performed = perform(planned, id);
      await hold.pgDumpWaits();
      await fill(disk);
      await hold.release();
      expect(await performed).toBe('failed');
      const row = await backupRow(planned, id);
      expect(row).toMatchObject({ state: 'failed', manifest: null });
      expect(row.error).toMatch(/space/i);
      const left = (await readdir(disk, { recursive: true })).filter((name) => name.includes('B-'));
      expect(left.every((name) => name.includes('.quarantined'))).toBe(true);
    });
  },
);
