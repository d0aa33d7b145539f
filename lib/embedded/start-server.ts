import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterPlace } from './cluster-place';
import { diskFull, passwordLost, SUPERUSER, tellsOfFullDisk } from './init-cluster';
import { freePort, isPortFree } from './loopback-port';
import { stopPostmaster, waitUntilReady } from './postmaster';
import { EmbeddedServerError, hasErrno } from './server-error';
import { type ServerSettings, spawnServer } from './server-process';

/** Long enough for crash recovery of a small database on a slow disk. */
const READY_MS = 120_000;

/**
 * The children of a server that was killed let go of its shared memory once they notice; until
 * then PostgreSQL refuses to start beside them.
 */
const ORPHANS_MS = 15_000;

/** Between two attempts to start beside such children. */
const ORPHANS_POLL_MS = 100;

/** Between the choice of a free port and its use, some other program may take it. */
const PORT_ATTEMPTS = 5;

/** The server's own log. */
export function serverLog(folder: string): string {
  return join(folder, 'server.log');
}

/**
 * Starts the server on a free port and waits until it answers. The caller holds the start lock and
 * knows that no server runs on this data.
 *
 * @param folder keeps the port for the next start, and the log.
 * @throws EmbeddedServerError `port_in_use`, `disk_full`, `password_lost`, `start_failed`; then
 *   nothing is left running.
 */
export async function startServer(
  folder: string,
  place: ClusterPlace,
  password: string,
  options: { port?: number; settings?: ServerSettings },
): Promise<{ pid: number; port: number }> {
  const portFile = join(folder, 'port');
  const orphansEnd = Date.now() + ORPHANS_MS;
  let portAttempts = 0;
  for (;;) {
    if (options.port && !(await isPortFree(options.port))) throw portInUse(options.port);
    const port = options.port ?? (await formerPort(portFile)) ?? (await freePort());
    const logFile = serverLog(folder);
    const server = await spawnServer(place, port, options.settings ?? {}, logFile);
    const login = { user: SUPERUSER, password };
    const { state } = await waitUntilReady(server.pid, place.dataDir, login, READY_MS);
    if (state === 'ready') {
      await writeFile(portFile, `${port}\n`);
      return { pid: server.pid, port };
    }
    await stopPostmaster(server.pid, place.dataDir);
    if (state === 'refused') throw passwordLost(folder);
    const tail = await server.logTail();
    if (tail.includes('Address already in use')) {
      portAttempts += 1;
      if (options.port || portAttempts === PORT_ATTEMPTS) throw portInUse(port);
    } else if (tail.includes('pre-existing shared memory block') && Date.now() < orphansEnd) {
      await delay(ORPHANS_POLL_MS);
    } else {
      throw startError(place.dataDir, state, tail);
    }
  }
}

/** The port of the last start, if it is free now. */
async function formerPort(portFile: string): Promise<number | undefined> {
  try {
    const port = Number(await readFile(portFile, 'utf8'));
    const usable = Number.isInteger(port) && port > 0 && port < 65_536 && (await isPortFree(port));
    return usable ? port : undefined;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function portInUse(port: number): EmbeddedServerError {
  return new EmbeddedServerError(
    'port_in_use',
    `Port ${port} on 127.0.0.1 is in use by another program. End that program, or choose another port for the embedded PostgreSQL.`,
  );
}

function startError(dataDir: string, state: string, tail: string): EmbeddedServerError {
  if (tellsOfFullDisk(tail)) return diskFull(dataDir, tail);
  const what =
    state === 'ended' ? 'ended while it started' : `did not answer for ${READY_MS / 1000} s`;
  return new EmbeddedServerError(
    'start_failed',
    `The embedded PostgreSQL with its data in ${dataDir} ${what}. The end of its log:\n${tail || '(empty)'}`,
  );
}
