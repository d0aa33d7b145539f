import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startCluster } from './cluster';

/** A PostgreSQL server for a while: reachable on loopback, gone with its folder after `stop`. */
export interface TemporaryServer {
  /** Superuser URL, database `postgres`. */
  url: string;
  stop(): Promise<void>;
}

/** Durability is pointless for data that is thrown away, and costs most of the time. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: 300,
  max_locks_per_transaction: 256,
};

/**
 * Waits for the end of its input, then cuts the server `$1` and removes the folders after it. The
 * count ends the wait for a process that has ended but that nobody collects, as in a container
 * without an init.
 */
const WATCH = `
  read -r _
  kill -QUIT "$1" 2>/dev/null
  tries=0
  while kill -0 "$1" 2>/dev/null && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
  shift
  rm -rf -- "$@"
`;

/**
 * Starts a fresh cluster without durability. A watchdog holds a pipe from this process: when the
 * process ends in any way, SIGKILL included, the pipe closes and the server and its folders go.
 */
export async function startTemporaryServer(
  settings: Record<string, string> = {},
): Promise<TemporaryServer> {
  const home = await mkdtemp(join(tmpdir(), 'backstep-temporary-'));
  try {
    // As root the server's own user has to pass through.
    await chmod(home, 0o755);
    const cluster = await startCluster({
      name: 'server',
      home,
      settings: { ...SETTINGS, ...settings },
    });
    // As root in a temporary folder that others cannot enter, the data is kept elsewhere.
    const folders = [home, ...(cluster.dataDir.startsWith(home) ? [] : [dirname(cluster.dataDir)])];
    const watchdog = spawn('sh', ['-c', WATCH, 'sh', String(cluster.pid), ...folders], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    const gone = new Promise<void>((resolve, reject) => {
      watchdog.once('exit', () => resolve());
      watchdog.once('error', reject);
    });
    watchdog.unref();
    return {
      url: cluster.url(),
      async stop() {
        watchdog.ref();
        watchdog.stdin.end();
        await gone;
      },
    };
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}
