import { execFile, spawn } from 'node:child_process';
import { chmod, readdir } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TemporaryServer } from '@/lib/embedded';
import { createTestCluster } from '@/lib/testing/database';
import { reportShape } from './report-shape.fixture';
import { temporaryFolder, writeFiles, writtenHistory } from './written-history.fixture';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = path.join(root, 'bin', 'backstep.mjs');
const workshop = ['--migrations=drizzle', '--rollbacks=../workshop/rollback'];
const inWorkshop = { cwd: path.join(root, 'examples', 'workshop') };

/** Of its own: other tests prove on the common one at the same time. */
let server: TemporaryServer;
beforeAll(async () => {
  server = await createTestCluster();
});
afterAll(() => server?.stop());

interface Options {
  cwd?: string;
  env?: Record<string, string>;
}

function start(argv: readonly string[], { cwd = root, env = {} }: Options = {}) {
  const child = spawn(process.execPath, [program, ...argv], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  return { child, ended };
}

async function run(argv: readonly string[], options?: Options) {
  const { child, ended } = start(argv, options);
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, code };
}

/** Resolves once the program has said it on standard error. */
function said(child: ReturnType<typeof start>['child'], words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      heard += piece;
      if (heard.includes(words)) resolve();
    });
    child.once('close', () => reject(new Error(`it ended without saying ${words}: ${heard}`)));
  });
}

/** Databases and roles that do not belong to the server itself. */
async function leftOnServer(): Promise<string[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(`
    SELECT datname AS name FROM pg_database WHERE datname LIKE 'backstep_prove_%'
    UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'backstep_left_%'`);
  await client.end();
  return rows.map(({ name }) => name);
}

/** Programs whose command line names the folder. */
async function programsIn(folder: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args=']);
  return stdout.split('\n').filter((line) => line.includes(folder));
}

/** The first run after a change bundles the program. */
const PATIENCE = 60_000;

describe('backstep', { timeout: PATIENCE }, () => {
  it('keeps standard output for the report, and takes paths from where it is called', async () => {
    const { out, err, code } = await run(
      ['prove', ...workshop, '--json', `--server=${server.url}`],
      inWorkshop,
    );
    const report = reportShape.parse(JSON.parse(out));
    expect(report.summary).toMatchObject({ migrations: 10, grades: { exact: 3 }, ok: false });
    expect(err).toContain('10/10');
    expect(code).toBe(1);
    expect(await leftOnServer()).toEqual([]);
  });

  it('ends with 0 when all is well', async () => {
    const { out, err, code } = await run(['check', ...workshop, '--from=0008'], inWorkshop);
    expect(out).toContain('0008_opened_on');
    expect(out).toContain('All well.');
    expect([err, code]).toEqual(['', 0]);
  });

  it.each([
    [['check'], /--migrations is missing/],
    [['chekc', '--migrations=drizzle'], /no command 'chekc'/],
    [['check', '--migrations=nowhere'], /nowhere/],
    [
      ['prove', ...workshop, '--server=postgres://me:hunter2hunter2@127.0.0.1:1/postgres'],
      /127\.0\.0\.1:1.*can’t be reached/,
    ],
    [['prove', ...workshop, '--server', 'mysql://me:hunter2hunter2@db'], /--server is not a URL/],
  ])('%j could not be found out: 2, without a password', async (argv, words) => {
    const { out, err, code } = await run(argv, inWorkshop);
    expect([out, code]).toEqual(['', 2]);
    expect(err).toMatch(words);
    expect(err).not.toMatch(/hunter2|^\s+at /m);
  });

  it('tells its version and its options', async () => {
    expect(await run(['--version'])).toMatchObject({ out: '0.1.0\n', err: '', code: 0 });
    const { out } = await run(['--help']);
    for (const option of ['--bootstrap', '--only', '--from', '--allow', '--json', '--head']) {
      expect(out).toContain(option);
    }
  });

  it('ends as it would when nobody reads its report', async () => {
    const { child, ended } = start(['check', ...workshop, '--json'], inWorkshop);
    child.stdout.destroy();
    expect(await text(child.stderr)).toBe('');
    expect(await ended).toBe(1);
  });

  it('takes its databases along when it is interrupted, by npm and the terminal at once', async () => {
    const folder = await writtenHistory(
      [
        { tag: '0000_fast', up: 'CREATE TABLE fast (id int);' },
        { tag: '0001_slow', up: 'SELECT pg_sleep(600);' },
      ],
      { 'down/0000_rollback.sql': 'DROP TABLE fast;' },
    );
    const { child, ended } = start(['prove', `--migrations=${folder}`, `--server=${server.url}`]);
    const out = text(child.stdout);
    await said(child, '0001_slow');
    expect(await leftOnServer()).not.toEqual([]);
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await ended).toBe(2);
    expect(await out).toBe('');
    expect(await leftOnServer()).toEqual([]);
  });
});

it('Backstep’s own rollback scripts are proven exact', { timeout: PATIENCE }, async () => {
  const { out, code } = await run([
    'prove',
    '--migrations=lib/control/migrations',
    '--rollbacks=rollback-sql/backstep',
    '--tracking=backstep_migrations.applied',
    '--json',
    `--server=${server.url}`,
  ]);
  const { migrations, summary } = reportShape.parse(JSON.parse(out));
  expect(migrations.map(({ tag, grade }) => [tag, grade])).toEqual(
    migrations.map(({ tag }) => [tag, 'exact']),
  );
  expect(migrations.length).toBeGreaterThanOrEqual(5);
  expect([summary.ok, code]).toEqual([true, 0]);
});

it('finds what a killed one has left', { timeout: PATIENCE }, async () => {
  const folder = await writtenHistory([
    { tag: '0000_fast', up: 'CREATE ROLE backstep_left_behind;' },
    { tag: '0001_slow', up: 'SELECT pg_sleep(600);' },
  ]);
  const argv = ['prove', `--migrations=${folder}`, `--server=${server.url}`];
  const killed = start(argv);
  await said(killed.child, '0001_slow');
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(await leftOnServer()).toHaveLength(2);
  await writeFiles(folder, { '0001_slow.sql': 'CREATE TABLE quick (id int);' });
  expect((await run([...argv, '--allow=missing'])).code).toBe(0);
  expect(await leftOnServer()).toEqual([]);
});

describe('backstep with a server of its own', { timeout: PATIENCE }, () => {
  it.each(['at the end', 'when it is interrupted'])('leaves nothing of it %s', async (when) => {
    const place = await temporaryFolder();
    // As root, the server runs as another user, who has to get in.
    await chmod(place, 0o755);
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      '20260101000000_users/migration.sql': 'CREATE TABLE users (id int PRIMARY KEY);',
      '20260101000000_users/rollback.sql': 'DROP TABLE users;',
      '20260102000000_wait/migration.sql': when === 'at the end' ? '' : 'SELECT pg_sleep(600);',
    });
    const { child, ended } = start(['prove', `--migrations=${folder}`, '--from=20260102000000'], {
      env: { TMPDIR: place },
    });
    const out = text(child.stdout);
    if (when !== 'at the end') {
      await said(child, '20260102000000_wait');
      expect((await programsIn(place)).join()).toContain('postgres');
      child.kill('SIGINT');
    }
    expect([await ended, await readdir(place), await programsIn(place)]).toEqual([
      when === 'at the end' ? 1 : 2,
      [],
      [],
    ]);
    expect(await out).toMatch(when === 'at the end' ? /20260101000000_users +Proven exact/ : /^$/);
  });
});
