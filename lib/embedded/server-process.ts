import { spawn } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import type { ClusterPlace } from './cluster-place';
import { serverEnvironment } from './run-program';
import { EmbeddedServerError, hasErrno } from './server-error';

/** A log longer than this is put aside at the next start; one older log is kept. */
const LOG_BYTES = 16 * 1024 * 1024;

/** How much of the log an error quotes. */
const TAIL_BYTES = 2_048;

export type ServerSettings = Record<string, string | number | boolean>;

/** A server that has just been started, and its log since then. */
export interface ServerProcess {
  pid: number;
  logTail(): Promise<string>;
}

/**
 * Starts postgres, detached: Ctrl-C in a terminal reaches every process of the group, and the
 * server has to outlive those who still write to it. It does not wait until the server is ready.
 *
 * @throws EmbeddedServerError `start_failed` when the program cannot be started.
 */
export async function spawnServer(
  { dataDir, programs, account }: ClusterPlace,
  port: number,
  settings: ServerSettings,
  logFile: string,
): Promise<ServerProcess> {
  const all: ServerSettings = {
    log_line_prefix: '%m [%p] ',
    ...settings,
    listen_addresses: '127.0.0.1',
    // A socket's path may have some 100 characters; a home folder's name alone can be longer.
    unix_socket_directories: '',
  };
  const start = await putLongLogAside(logFile);
  const log = await open(logFile, 'a', 0o600);
  try {
    const child = spawn(
      programs.postgres,
      [
        ...['-D', dataDir, '-p', String(port)],
        ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      {
        uid: account?.uid,
        gid: account?.gid,
        cwd: dataDir,
        env: serverEnvironment(),
        stdio: ['ignore', log.fd, log.fd],
        detached: true,
      },
    );
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid ?? 0));
    });
    child.unref();
    return { pid, logTail: () => readTail(logFile, start) };
  } catch (cause) {
    throw new EmbeddedServerError('start_failed', `${programs.postgres} cannot be started.`, {
      cause,
    });
  } finally {
    await log.close();
  }
}

/** Returns where the next line will stand. */
async function putLongLogAside(logFile: string): Promise<number> {
  try {
    const { size } = await stat(logFile);
    if (size <= LOG_BYTES) return size;
    await rename(logFile, `${logFile}.1`);
    return 0;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return 0;
    throw error;
  }
}

async function readTail(logFile: string, start: number): Promise<string> {
  const log = await open(logFile, 'r');
  try {
    const { size } = await log.stat();
    const from = Math.max(start, size - TAIL_BYTES);
    const { buffer, bytesRead } = await log.read(
      Buffer.alloc(Math.max(0, size - from)),
      0,
      undefined,
      from,
    );
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await log.close();
  }
}
