import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@/lib/embedded/loopback-port';
import { chooseServerAccount } from '@/lib/embedded/server-account';

/** Where PgBouncer is; undefined: tests that need it are skipped. */
export const PGBOUNCER = ['/usr/sbin', ...(process.env.PATH ?? '').split(path.delimiter)]
  .filter((folder) => path.isAbsolute(folder))
  .map((folder) => path.join(folder, 'pgbouncer'))
  .find(isExecutable);

export const NO_PGBOUNCER =
  'PgBouncer is not installed (Debian and Ubuntu: sudo apt-get install pgbouncer)';

export interface PgBouncer {
  /** The upstream's URL, by way of the pooler. */
  url: string;
  stop(): Promise<void>;
}

export interface PoolOptions {
  mode: 'session' | 'transaction' | 'statement';
  size: number;
  /** Servers take turns, instead of the last one returned being the first one given. */
  roundRobin?: boolean;
}

/** Ends the pooler when the input does: with the process that started it, however that ends. */
const RUN = 'pooler=$1; shift; "$pooler" "$@" & pid=$!; read -r _; kill "$pid"; wait "$pid"';

/** Starts a pooler in front of the database that `upstream` leads to. It refuses to run as root. */
export async function startPgBouncer(upstream: string, options: PoolOptions): Promise<PgBouncer> {
  if (!PGBOUNCER) throw new Error(NO_PGBOUNCER);
  const folder = await mkdtemp(path.join(tmpdir(), 'backstep-pgbouncer-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const file = path.join(folder, 'pgbouncer.ini');
  await writeFile(file, settings(new URL(upstream), port, options));
  const account = await chooseServerAccount(path.join(folder, 'none'));
  const child = spawn('sh', ['-c', RUN, 'sh', PGBOUNCER, file], {
    stdio: ['pipe', 'ignore', 'pipe'],
    uid: account?.uid,
    gid: account?.gid,
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.stdin.end();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      let log = '';
      child.stderr.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('process up')) resolve();
      });
      ended.then(() => reject(new Error(`PgBouncer did not start: ${log}`)));
    });
  } catch (cause) {
    await stop();
    throw cause;
  }
  const url = new URL(upstream);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return { url: url.href, stop };
}

function settings(upstream: URL, port: number, { mode, size, roundRobin }: PoolOptions): string {
  const server = [
    `host=${upstream.hostname}`,
    `port=${upstream.port}`,
    `user=${decodeURIComponent(upstream.username)}`,
    `password=${decodeURIComponent(upstream.password)}`,
  ];
  return [
    '[databases]',
    `* = ${server.join(' ')}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    `pool_mode = ${mode}`,
    `default_pool_size = ${size}`,
    `server_round_robin = ${roundRobin ? 1 : 0}`,
    '',
  ].join('\n');
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
