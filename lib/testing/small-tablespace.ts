import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { adminUrl } from './database';

const run = promisify(execFile);
const BLOCK = 4096;

/** A tablespace of the test server on a disk of its own, which is as large as a test wants it. */
export interface SmallTablespace {
  name: string;
  /** Leaves so much room beside what is there by now. */
  leave(bytes: number): Promise<void>;
  used(): Promise<number>;
  /** Every database in it has been dropped. */
  close(): Promise<void>;
}

const mountable = async (): Promise<boolean> => {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false;
  const folder = await mkdtemp(path.join(tmpdir(), 'backstep-mount-'));
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).then(
    () => true,
    () => false,
  );
  if (mounted) await run('umount', [folder]);
  await rm(folder, { recursive: true, force: true });
  return mounted;
};

/** Only root may mount, and not everywhere; tests that need it are skipped by their name elsewhere. */
export const MAY_MOUNT: boolean = await mountable();

async function onServer<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

export async function createSmallTablespace(): Promise<SmallTablespace> {
  const name = `small_${randomBytes(6).toString('hex')}`;
  const [row] = await onServer<{ directory: string }>(
    "SELECT current_setting('data_directory') AS directory",
  );
  const { uid, gid } = await stat(row?.directory ?? '');
  const parent = await mkdtemp(path.join(tmpdir(), 'backstep-small-'));
  // The server's own user has to pass through.
  await chmod(parent, 0o755);
  await run('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=1g,uid=${uid},gid=${gid},mode=700`,
    'tmpfs',
    parent,
  ]);
  await onServer(`CREATE TABLESPACE ${name} LOCATION '${parent}'`);
  const used = async () => {
    const { blocks, bfree, bsize } = await statfs(parent);
    return (blocks - bfree) * bsize;
  };
  return {
    name,
    used,
    async leave(bytes) {
      const blocks = Math.ceil(((await used()) + bytes) / BLOCK);
      await run('mount', ['-o', `remount,size=${blocks * BLOCK}`, parent]);
    },
    async close() {
      await onServer(`DROP TABLESPACE ${name}`).finally(async () => {
        await run('umount', ['-l', parent]);
        await rm(parent, { recursive: true, force: true });
      });
    },
  };
}
