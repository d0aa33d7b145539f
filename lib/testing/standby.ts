import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { findClientTool } from '@/lib/embedded';
import { choosePlace } from '@/lib/embedded/cluster-place';
import { freePort } from '@/lib/embedded/loopback-port';
import { runProgram, serverEnvironment } from '@/lib/embedded/run-program';

export interface Standby {
  /** As the primary's URL, at the standby. */
  url(primary: string): string;
  /** Waits until the standby has replayed what the primary has written by now. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

export const NO_BASEBACKUP = 'pg_basebackup of the server’s major version is not installed';

/** pg_basebackup beside the pg_dump that Backstep uses; undefined where a package leaves it out. */
export async function findBaseBackup(serverMajor: number): Promise<string | undefined> {
  const found = await findClientTool('pg_dump', { serverMajor }).catch(() => undefined);
  if (!found) return undefined;
  const program = path.join(path.dirname(found.path), 'pg_basebackup');
  try {
    accessSync(program, constants.X_OK);
    return program;
  } catch {
    return undefined;
  }
}

/** Ends the server when the input does: with the process that started it, however that ends. */
const RUN = '"$@" & pid=$!; read -r _; kill -QUIT "$pid"; wait "$pid"';

/** Starts a standby that streams from a primary, from a base backup of it. */
export async function startStandby(primary: string, baseBackup: string): Promise<Standby> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-standby-'));
  await chmod(home, 0o755);
  const { dataDir, account, programs } = await choosePlace(home);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (account) await chown(dataDir, account.uid, account.gid);
  const as = { uid: account?.uid, gid: account?.gid, cwd: '/' };
  const copied = await runProgram(
    baseBackup,
    ['-D', dataDir, '-d', primary, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'],
    as,
  );
  if (copied.code !== 0) throw new Error(`pg_basebackup failed: ${copied.failure}`);
  const port = await freePort();
  const child = spawn(
    'sh',
    [
      ...['-c', RUN, 'sh', programs.postgres, '-D', dataDir, '-p', String(port)],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      // A standby may not allow less than its primary.
      ...['-c', 'max_connections=300', '-c', 'max_locks_per_transaction=256'],
    ],
    { ...as, env: serverEnvironment(), stdio: ['pipe', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('database system is ready to accept read-only connections')) resolve();
    });
    ended.then(() => reject(new Error(`The standby did not start: ${log}`)));
  });
  const urlAt = (of: string) => {
    const url = new URL(of);
    url.port = String(port);
    return url.href;
  };
  return {
    url: urlAt,
    caughtUp: () => waitForReplay(primary, urlAt(primary)),
    async stop() {
      child.stdin.end();
      await ended;
      await Promise.all(
        [home, dataDir].map((folder) => rm(folder, { recursive: true, force: true })),
      );
    },
  };
}

async function waitForReplay(primary: string, standby: string): Promise<void> {
  const [one, other] = [primary, standby].map((url) => new pg.Client({ connectionString: url }));
  if (!one || !other) throw new Error('two servers are needed');
  await Promise.all([one.connect(), other.connect()]);
  try {
    const { rows } = await one.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn() AS lsn');
    for (;;) {
      const { rows: seen } = await other.query<{ done: boolean }>(
        'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done FROM pg_sleep(0.05)',
        [rows[0]?.lsn],
      );
      if (seen[0]?.done) return;
    }
  } finally {
    await Promise.all([one.end(), other.end()]);
  }
}
