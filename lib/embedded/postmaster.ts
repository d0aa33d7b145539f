import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { isPostmasterOf } from './process-table';
import { EmbeddedServerError, hasErrno } from './server-error';

/** Between two looks at a server that is starting or stopping; a start takes some 30 ms. */
const POLL_MS = 25;

/** One attempt to connect; a server that accepts but does not answer hangs. */
const CONNECT_MS = 5_000;

/** A fast shutdown ends sessions and writes a checkpoint; then it is cut. */
const FAST_STOP_MS = 10_000;

/** An immediate shutdown gives its children five seconds before it kills them. */
const IMMEDIATE_STOP_MS = 10_000;

/** The SQLSTATEs of a wrong password and of a role that is not there. */
const INVALID_PASSWORD = '28P01';
const INVALID_AUTHORIZATION = '28000';

/** What postmaster.pid says. Port and status are absent while the server is in its first moments. */
export interface PostmasterFile {
  pid: number;
  port: number | undefined;
  /** starting, ready, standby or stopping. */
  status: string | undefined;
}

export interface ServerLogin {
  user: string;
  password: string;
}

async function readPostmasterFile(dataDir: string): Promise<PostmasterFile | undefined> {
  try {
    const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n');
    const port = Number(lines[3]);
    return {
      // A standalone backend writes its number with a minus sign.
      pid: Math.abs(Number(lines[0])),
      port: port > 0 ? port : undefined,
      status: lines[7]?.trim() || undefined,
    };
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * The server that runs on this data folder. A file left behind by one that is gone is removed:
 * PostgreSQL refuses to start when the number in it now belongs to some other program.
 */
export async function findPostmaster(dataDir: string): Promise<PostmasterFile | undefined> {
  const file = await readPostmasterFile(dataDir);
  if (!file) return undefined;
  if (await isPostmasterOf(file.pid, dataDir)) return file;
  await rm(join(dataDir, 'postmaster.pid'), { force: true });
  return undefined;
}

/**
 * How waiting for a server ended. `elsewhere`: what answers is not the server on this folder;
 * `refused`: it does not accept the login.
 */
export type Readiness =
  | { state: 'ready'; port: number }
  | { state: 'ended' | 'silent' | 'elsewhere' | 'refused' };

/**
 * Waits until the server answers a query, through crash recovery and through the shutdown of one
 * that is about to end. It connects only once the server's own file says that it listens: before
 * that, some other program may answer on the port.
 */
export async function waitUntilReady(
  pid: number,
  dataDir: string,
  login: ServerLogin,
  timeoutMs: number,
): Promise<Readiness> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const file = await readPostmasterFile(dataDir);
    if (file?.pid === pid && file.port && file.status === 'ready') {
      const answer = await askDataDirectory(file.port, login);
      if (answer === 'refused') return { state: 'refused' };
      if (answer) {
        return answer.dataDir === dataDir
          ? { state: 'ready', port: file.port }
          : { state: 'elsewhere' };
      }
    }
    if (!(await isPostmasterOf(pid, dataDir))) return { state: 'ended' };
    await delay(POLL_MS);
  }
  return { state: 'silent' };
}

/** The data folder of the server on that port; undefined when it does not answer at present. */
async function askDataDirectory(
  port: number,
  login: ServerLogin,
): Promise<{ dataDir: string } | 'refused' | undefined> {
  const client = new pg.Client({
    ...login,
    host: '127.0.0.1',
    port,
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
  });
  // The server may end while the connection is open; the query then fails and says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const result = await client.query<{ dataDir: string }>(
      `SELECT current_setting('data_directory') AS "dataDir"`,
    );
    return result.rows[0];
  } catch (error) {
    if (hasErrno(error, INVALID_PASSWORD, INVALID_AUTHORIZATION)) return 'refused';
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Stops a server: sessions are ended and a checkpoint is written; when that takes too long, it is
 * cut and recovers at its next start. Does nothing when it has already ended.
 *
 * @param fastMs how long the orderly way may take.
 * @throws EmbeddedServerError `stop_failed`
 */
export async function stopPostmaster(
  pid: number,
  dataDir: string,
  fastMs: number = FAST_STOP_MS,
): Promise<void> {
  for (const [signal, timeout] of [
    ['SIGINT', fastMs],
    ['SIGQUIT', IMMEDIATE_STOP_MS],
  ] as const) {
    if (!(await isPostmasterOf(pid, dataDir))) return;
    process.kill(pid, signal);
    if (await waitUntilGone(pid, dataDir, timeout)) return;
  }
  throw new EmbeddedServerError(
    'stop_failed',
    `The embedded PostgreSQL (process ${pid}, data in ${dataDir}) does not stop. Look at that process, and end it by hand.`,
  );
}

async function waitUntilGone(pid: number, dataDir: string, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (!(await isPostmasterOf(pid, dataDir))) return true;
    await delay(POLL_MS);
  }
  return false;
}
