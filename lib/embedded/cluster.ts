import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type ClusterIdentity,
  type ClusterPlace,
  choosePlace,
  clusterFolder,
  existingDataDir,
} from './cluster-place';
import {
  clusterPassword,
  initialiseCluster,
  isInitialised,
  passwordLost,
  refuseOtherMajor,
  SUPERUSER,
} from './init-cluster';
import { findPostmaster, stopPostmaster, waitUntilReady } from './postmaster';
import type { ServerSettings } from './server-process';
import { standsInSharedRoot } from './shared-root';
import { withStartLock } from './start-lock';
import { serverLog, startServer } from './start-server';

/** A server of a former start that does not answer for so long is stopped and started anew. */
const ADOPT_MS = 60_000;

export interface ClusterOptions extends ClusterIdentity {
  /** Required port; without it the former one is used again while it is free. */
  port?: number;
  /** Server settings, such as `max_connections`. An adopted server keeps those it has. */
  settings?: ServerSettings;
  /** Receives a line on each step that takes time. */
  log?: (line: string) => void;
}

/** A running embedded PostgreSQL server. */
export interface Cluster {
  name: string;
  /** Superuser URL with its password: a secret. Database `postgres` unless another is named. */
  url(database?: string): string;
  port: number;
  dataDir: string;
  /** The server's own log. */
  logFile: string;
  pid: number;
  /** Whether it was already running, left over from a former start. */
  adopted: boolean;
  /** Stops the server, adopted or not; the data stays. */
  stop(): Promise<void>;
}

/**
 * Makes sure that the cluster `home/<name>` runs: creates it on first use, adopts a server that
 * outlived its starter, and starts it otherwise. Of two starts at once, the second adopts.
 *
 * @throws EmbeddedServerError with a message that says what to do.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const folder = await clusterFolder(options);
  return withStartLock(join(folder, 'start.lock'), async () => {
    const log = options.log ?? (() => undefined);
    const place = await choosePlace(folder, options.sharedRoot);
    const hasData = await isInitialised(place.dataDir);
    const password = await clusterPassword(folder, hasData);
    if (hasData) {
      await refuseOtherMajor(place);
    } else {
      log(`creating PostgreSQL ${place.programs.version} in ${place.dataDir}`);
      await initialiseCluster(place, password, !isThrownAway(options.settings));
    }
    const asCluster = (running: { pid: number; port: number; adopted: boolean }): Cluster => ({
      ...running,
      name: options.name,
      dataDir: place.dataDir,
      logFile: serverLog(folder),
      url: (database = 'postgres') =>
        `postgres://${SUPERUSER}:${password}@127.0.0.1:${running.port}/${encodeURIComponent(database)}`,
      stop: () => stopPostmaster(running.pid, place.dataDir),
    });
    const adopted = await adoptRunning(folder, place, password, log);
    if (adopted) return asCluster({ ...adopted, adopted: true });
    const started = await startServer(folder, place, password, options);
    log(`PostgreSQL ${place.programs.version} listens on 127.0.0.1:${started.port}`);
    return asCluster({ ...started, adopted: false });
  });
}

/**
 * Stops the cluster `home/<name>` if it runs, and deletes it with all its data.
 *
 * @throws EmbeddedServerError `stop_failed`; then nothing was deleted.
 */
export async function deleteCluster(identity: ClusterIdentity): Promise<void> {
  const folder = await clusterFolder(identity);
  await withStartLock(join(folder, 'start.lock'), async () => {
    const dataDir = await existingDataDir(folder);
    const running = await findPostmaster(dataDir);
    if (running) await stopPostmaster(running.pid, dataDir);
    const elsewhere = standsInSharedRoot(dataDir, identity.sharedRoot);
    if (elsewhere) await rm(dirname(dataDir), { recursive: true, force: true });
  });
  await rm(folder, { recursive: true, force: true });
}

function isThrownAway(settings: ServerSettings | undefined): boolean {
  return settings?.fsync === 'off' || settings?.fsync === false;
}

async function adoptRunning(
  folder: string,
  { dataDir }: ClusterPlace,
  password: string,
  log: (line: string) => void,
): Promise<{ pid: number; port: number } | undefined> {
  const running = await findPostmaster(dataDir);
  if (!running) return undefined;
  const login = { user: SUPERUSER, password };
  const readiness = await waitUntilReady(running.pid, dataDir, login, ADOPT_MS);
  if (readiness.state === 'ready') {
    log(`adopting the PostgreSQL that already runs on 127.0.0.1:${readiness.port}`);
    return { pid: running.pid, port: readiness.port };
  }
  if (readiness.state === 'refused') throw passwordLost(folder);
  if (readiness.state !== 'ended') {
    log(
      `stopping the PostgreSQL of a former start (process ${running.pid}), which does not answer`,
    );
    await stopPostmaster(running.pid, dataDir);
  }
  return undefined;
}
