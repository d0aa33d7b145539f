import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { deleteCluster, startCluster } from './cluster';
import { findPostmaster, stopPostmaster } from './postmaster';

it('cuts a server whose session does not end, and the data recovers', async () => {
  const home = await mkdtemp(join(tmpdir(), 'backstep-stop-'));
  await chmod(home, 0o755);
  const options = { name: 'stuck', home, settings: { fsync: 'off' } };
  const cluster = await startCluster(options);
  const session = new pg.Client({ connectionString: cluster.url() });
  session.on('error', () => undefined);
  try {
    await session.connect();
    await session.query('CREATE TABLE kept AS SELECT 5 AS n');
    const backend = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // A stopped process hears neither of the two signals; only the server itself can end it.
    process.kill(backend.rows[0]?.pid ?? 0, 'SIGSTOP');

    await stopPostmaster(cluster.pid, cluster.dataDir, 200);
    expect(await findPostmaster(cluster.dataDir)).toBeUndefined();

    const again = await startCluster(options);
    const reader = new pg.Client({ connectionString: again.url() });
    await reader.connect();
    expect((await reader.query('SELECT n FROM kept')).rows).toEqual([{ n: 5 }]);
    await reader.end();
  } finally {
    await deleteCluster(options);
    await rm(home, { recursive: true, force: true });
  }
});
