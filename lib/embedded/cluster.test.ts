import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, deleteCluster, startCluster } from './cluster';

/** Fast to create; the crashes of these tests are those of a process, which fsync does not touch. */
const settings = { fsync: 'off', max_connections: 20 };

let home: string;
const starters: ChildProcess[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'backstep-cluster-'));
  await chmod(home, 0o755);
});
afterEach(async () => {
  await Promise.all(starters.splice(0).map(kill));
  for (const name of ['one', 'two']) await deleteCluster({ name, home });
  await rm(home, { recursive: true, force: true });
});

const start = (name = 'one') => startCluster({ name, home, settings });

async function ask<T>(cluster: Cluster, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: cluster.url() });
  await client.connect();
  try {
    return (await client.query<{ answer: T }>(sql)).rows.map((row) => row.answer);
  } finally {
    await client.end();
  }
}

/** Starts the cluster from a process of its own, which stays until it is killed. */
async function startElsewhere(): Promise<{ starter: ChildProcess; cluster: Partial<Cluster> }> {
  const module = fileURLToPath(new URL('./cluster.ts', import.meta.url));
  const script = `
    import { startCluster } from ${JSON.stringify(module)};
    const { pid, port, adopted } = await startCluster(${JSON.stringify({ name: 'one', home, settings })});
    console.log(JSON.stringify({ pid, port, adopted }));
    process.stdin.resume();
  `;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', script];
  const starter = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  starters.push(starter);
  for await (const line of createInterface(starter.stdout)) {
    return { starter, cluster: JSON.parse(line) };
  }
  throw new Error('The starting process ended without a cluster.');
}

async function kill(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = new Promise((resolve) => process.once('exit', resolve));
  process.kill('SIGKILL');
  await ended;
}

describe('an embedded cluster', () => {
  it('keeps its data, password and port over a stop and a start', async () => {
    const first = await start();
    expect(first.adopted).toBe(false);
    await ask(first, 'CREATE TABLE kept AS SELECT 7 AS answer');
    await first.stop();
    await expect(ask(first, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    const second = await start();
    expect(second).toMatchObject({ adopted: false, port: first.port, dataDir: first.dataDir });
    expect(second.url('other')).toBe(first.url('other'));
    expect(await ask(second, 'SELECT answer FROM kept')).toEqual([7]);
  });

  it('listens on loopback only, sorts by bytes, and wants its password', async () => {
    const cluster = await start();
    const show = (name: string) =>
      ask<string>(cluster, `SELECT current_setting('${name}') AS answer`);
    expect(await show('listen_addresses')).toEqual(['127.0.0.1']);
    expect(await show('unix_socket_directories')).toEqual(['']);
    expect(await show('server_encoding')).toEqual(['UTF8']);
    expect(await show('lc_collate')).toEqual(['C']);
    expect(await show('max_connections')).toEqual(['20']);
    expect((await stat(join(home, 'one', 'password'))).mode & 0o777).toBe(0o600);
    const url = cluster.url().replace(/:[^:@]+@/, ':wrong@');
    await expect(new pg.Client({ connectionString: url }).connect()).rejects.toMatchObject({
      code: '28P01',
    });
  });

  it('stops twice without complaint', async () => {
    const cluster = await start();
    await cluster.stop();
    await cluster.stop();
  });

  it('is adopted, with its data, after its starter was killed', async () => {
    const { starter, cluster: orphan } = await startElsewhere();
    const beside = await start();
    await ask(beside, 'CREATE TABLE kept AS SELECT 8 AS answer');
    await kill(starter);

    const adopted = await start();
    expect(adopted).toMatchObject({ adopted: true, pid: orphan.pid, port: orphan.port });
    expect(await ask(adopted, 'SELECT answer FROM kept')).toEqual([8]);
    await adopted.stop();
    await expect(ask(adopted, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('recovers at once after the server itself was killed', async () => {
    const killed = await start();
    await ask(killed, 'CREATE TABLE kept AS SELECT 9 AS answer');
    // A session is open, so a child has to notice before its memory is free.
    const open = new pg.Client({ connectionString: killed.url() });
    open.on('error', () => undefined);
    await open.connect();
    process.kill(killed.pid, 'SIGKILL');

    const recovered = await start();
    expect(recovered.adopted).toBe(false);
    expect(await ask(recovered, 'SELECT answer FROM kept')).toEqual([9]);
  });

  it('starts over a postmaster.pid whose number belongs to another program', async () => {
    const first = await start();
    const pidFile = join(first.dataDir, 'postmaster.pid');
    const lines = (await readFile(pidFile, 'utf8')).split('\n');
    await first.stop();
    await writeFile(pidFile, [process.pid, ...lines.slice(1)].join('\n'));

    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second, 'SELECT 1 AS answer')).toEqual([1]);
  });

  it('waits for a server that is shutting down, and starts it again', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGTERM');
    const second = await start();
    expect(await ask(second, 'SELECT 1 AS answer')).toEqual([1]);
  });

  it('is started once when two processes start it at the same moment', async () => {
    const both = await Promise.all([startElsewhere(), startElsewhere()]);
    const clusters = both.map(({ cluster }) => cluster);
    expect(clusters.map(({ adopted }) => adopted).sort()).toEqual([false, true]);
    expect(new Set(clusters.map(({ pid }) => pid)).size).toBe(1);
  });

  it('runs beside another one', async () => {
    const [one, two] = await Promise.all([start('one'), start('two')]);
    expect(one.port).not.toBe(two.port);
    const identifier = 'SELECT system_identifier::text AS answer FROM pg_control_system()';
    expect(await ask(one, identifier)).not.toEqual(await ask(two, identifier));
  });
});

describe('an embedded cluster that cannot start says why', () => {
  /** Some other program's port, for as long as `work` takes. */
  async function whilePortIsTaken(port: number, work: (port: number) => Promise<void>) {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const address = other.address();
    try {
      await work(typeof address === 'object' && address ? address.port : port);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  }

  it('when the required port is in use', async () => {
    await whilePortIsTaken(0, async (port) => {
      await expect(startCluster({ name: 'one', home, settings, port })).rejects.toMatchObject({
        problem: 'port_in_use',
        message: expect.stringContaining(`Port ${port}`),
      });
    });
  });

  it('but takes another port when only the former one is in use', async () => {
    const first = await start();
    await first.stop();
    await whilePortIsTaken(first.port, async () => {
      expect((await start()).port).not.toBe(first.port);
    });
  });

  it('when another major version wrote the data', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(first.dataDir, 'PG_VERSION'), '14\n');
    await expect(start()).rejects.toMatchObject({
      problem: 'other_major',
      message: expect.stringMatching(/written by PostgreSQL 14, .* brings 15/),
    });
  });

  it('when the password file is gone or wrong', async () => {
    const first = await start();
    await first.stop();
    const file = join(home, 'one', 'password');
    const password = await readFile(file);
    await writeFile(file, 'another\n');
    await expect(start()).rejects.toMatchObject({ problem: 'password_lost' });
    await rm(file);
    await expect(start()).rejects.toMatchObject({ problem: 'password_lost' });
    await writeFile(file, password);
    expect(await ask(await start(), 'SELECT 1 AS answer')).toEqual([1]);
  });

  it('when the server ends at once, with the end of its log', async () => {
    const bad = { ...settings, max_connections: 'many' };
    await expect(startCluster({ name: 'one', home, settings: bad })).rejects.toMatchObject({
      problem: 'start_failed',
      message: expect.stringContaining('invalid value for parameter "max_connections"'),
    });
    expect(await ask(await start(), 'SELECT 1 AS answer')).toEqual([1]);
  });

  it('when files of another kind stand in the place of its data', async () => {
    await mkdir(join(home, 'one', 'data'), { recursive: true });
    await writeFile(join(home, 'one', 'data', 'notes.txt'), 'keep me');
    await expect(start()).rejects.toMatchObject({
      problem: 'init_failed',
      message: expect.stringContaining('Move them away'),
    });
    expect(await readFile(join(home, 'one', 'data', 'notes.txt'), 'utf8')).toBe('keep me');
  });

  it('when its name would leave the folder', async () => {
    await expect(startCluster({ name: '../two', home })).rejects.toMatchObject({
      problem: 'folder_closed',
    });
  });
});
