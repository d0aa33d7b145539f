import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BackstepError } from '@/lib/core/errors';
import { startTemporaryServer, type TemporaryServer } from '@/lib/embedded';
import { readArguments, UsageError } from './arguments';
import { prove } from './prove';
import { reportShape } from './report-shape.fixture';
import { textReport } from './text-report';
import { temporaryFolder, writeFiles, writtenHistory } from './written-history.fixture';

const root = fileURLToPath(new URL('../..', import.meta.url));

// Roles belong to the whole server: those that other tests make meanwhile would count as left behind.
let server: TemporaryServer;
beforeAll(async () => {
  server = await startTemporaryServer();
});
afterAll(() => server.stop());

function run(...argv: string[]) {
  return proving({}, ...argv);
}

function proving(
  { server: url = server.url, signal = new AbortController().signal },
  ...argv: string[]
) {
  const args = readArguments(['prove', `--server=${url}`, ...argv], root);
  if (args.command !== 'prove') throw new Error('not a proof');
  return prove(args, { signal, onProgress: () => undefined });
}

async function asAdmin<T extends pg.QueryResultRow>(sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

const USERS = { tag: '0000_users', up: 'CREATE TABLE users (id int PRIMARY KEY);' };
const EMAIL = { tag: '0001_email', up: 'ALTER TABLE users ADD COLUMN email text;' };
const DOWN_0 = 'DROP TABLE IF EXISTS users;';
const DOWN_1 = 'ALTER TABLE users DROP COLUMN IF EXISTS email;';

const gradesOf = ({ migrations }: Awaited<ReturnType<typeof prove>>) =>
  Object.fromEntries(migrations.map(({ tag, grade }) => [tag, grade]));

describe('prove on the workshop', () => {
  const folders = [
    '--migrations=examples/workshop/drizzle',
    '--rollbacks=examples/workshop/rollback',
  ];

  it('gives the grades that its table promises', async () => {
    const report = await run(...folders);
    reportShape.parse(report);
    const told = Object.fromEntries(
      report.migrations.map(({ tag, grade, losesData }) => [tag, [grade, losesData]]),
    );
    expect(told).toEqual({
      '0000_tools': ['missing', null],
      '0001_loans': ['exact', 'own'],
      '0002_tool_status': ['leaves_residue', 'own'],
      '0003_due_dates': ['no_effect', 'none'],
      '0004_search_by_name': ['removes_too_much', 'none'],
      '0005_members': ['missing', null],
      '0006_notes': ['refused', null],
      '0007_labels': ['exact', 'own'],
      '0008_opened_on': ['exact', 'own'],
      '0009_rack_codes': ['column_order_only', 'older'],
    });
    const byTag = new Map(report.migrations.map((line) => [line.tag, line]));
    expect(byTag.get('0002_tool_status')).toMatchObject({
      residue: ['type public.tool_status'],
      missing: [],
      reapply: 'fails',
      secondRun: 'ok',
    });
    expect(byTag.get('0004_search_by_name')?.missing).toEqual(['index public.tools_name_idx']);
    expect(byTag.get('0007_labels')?.rollback).toEqual({
      file: '0007_remove_labels.sql',
      pairedBy: 'proof',
    });
    expect(byTag.get('0009_rack_codes')?.dataNotes.join()).toContain('public.tools.rack:');
    expect(report.ambiguous).toMatchObject([
      { tag: '0005_members', file: '0005_drop_feature_tables.sql', grade: 'removes_too_much' },
    ]);
    expect(report.gaps).toEqual(['0000_tools', '0005_members']);
    expect(report.summary.ok).toBe(false);
    expect(report.summary.reasons).toHaveLength(5);

    // The promise for people, in words.
    const table = await readFile(path.join(root, 'examples/workshop/README.md'), 'utf8');
    const words = { 1: 'exact', 2: 'leaves', 3: 'no effect', 4: 'removes too much', 7: 'exact' };
    for (const [number, word] of Object.entries({ ...words, 0: 'missing', 6: 'refused' })) {
      const row = table.split('\n').find((line) => line.startsWith(`| \`000${number}_`));
      expect(row, number).toContain(word);
    }
  });

  it('prints what the README shows', async () => {
    const readme = await readFile(path.join(root, 'README.md'), 'utf8');
    const [, command = '', shown] =
      /```\nnpx backstep prove (.+)\n```\n\n```\n([\s\S]+?)```/.exec(readme) ?? [];
    const report = await run(...command.split(' '));
    expect(textReport(report, { color: false })).toBe(shown);
  });

  it('finds the same on none but the wanted migrations', async () => {
    const report = await run(...folders, '--only=0008,0001_loans');
    expect(gradesOf(report)).toEqual({ '0001_loans': 'exact', '0008_opened_on': 'exact' });
    expect(report).toMatchObject({
      gaps: [],
      ambiguous: [],
      summary: { migrations: 2, ok: true, reasons: [] },
    });
  });
});

it('finds the sample’s 19 scripts exact, and tells what each of them loses', async () => {
  const report = await run(
    '--migrations=examples/agentim/drizzle',
    '--rollbacks=rollback-sql/agentim',
    '--from=0019',
  );
  const scripts = report.migrations.filter(({ rollback }) => rollback !== null);
  expect(scripts.map(({ grade, reapply, secondRun }) => [grade, reapply, secondRun])).toEqual(
    Array.from({ length: 19 }, () => ['exact', 'ok', 'ok']),
  );
  const losing = (loss: string) =>
    scripts.filter(({ losesData }) => losesData === loss).map(({ index }) => index);
  // Indexes and foreign keys.
  expect(losing('none')).toEqual([19, 21, 25, 27, 32, 34, 37]);
  // Tables and columns of the migration; microseconds of what was written after it.
  expect(losing('own')).toEqual([20, 22, 24, 26, 28, 29, 30, 31, 33, 35, 41]);
  // JSON comes back from jsonb with other spacing and key order.
  expect(losing('older')).toEqual([23]);
  expect(report.gaps.map((tag) => tag.slice(0, 4))).toEqual(['0036', '0038', '0039', '0040']);
});

describe('prove', () => {
  it('reads scripts beside the migrations, and leaves nothing on the server', async () => {
    const folder = await writtenHistory([USERS, EMAIL], {
      '0000_users.down.sql': DOWN_0,
      '0001_email.down.sql': DOWN_1,
    });
    const report = await run(`--migrations=${folder}`);
    expect(gradesOf(report)).toEqual({ '0000_users': 'exact', '0001_email': 'exact' });
    expect(report.summary).toMatchObject({ scripts: 2, grades: { exact: 2 }, ok: true });
    expect(
      await asAdmin("SELECT datname FROM pg_database WHERE datname LIKE 'backstep_prove_%'"),
    ).toEqual([]);
  });

  it('reads the folders of drizzle 1.0', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      '20260101000000_users/migration.sql': USERS.up,
      '20260101000000_users/down.sql': DOWN_0,
      '20260102000000_email/migration.sql': EMAIL.up,
    });
    await writeFiles(folder, { '20260102000000_email/down.sql': 'SELECT 1;' });
    const report = await run(`--migrations=${folder}`);
    expect(report.layout).toBe('folders');
    expect(gradesOf(report)).toEqual({
      '20260101000000_users': 'exact',
      '20260102000000_email': 'no_effect',
    });
  });

  it('lets pass what it is told to allow, and nothing else', async () => {
    const folder = await writtenHistory([USERS, EMAIL], {
      'down/0001_rollback.sql': 'DROP TABLE nowhere;',
    });
    const where = `--migrations=${folder}`;
    const strict = await run(where);
    expect(strict.migrations[1]).toMatchObject({
      grade: 'fails',
      verdict: 'block',
      error: { sqlstate: '42P01', line: 1, in: 'down' },
    });
    expect(strict.summary).toMatchObject({ ok: false, reasons: { length: 2 } });
    expect((await run(where, '--allow=missing')).summary.ok).toBe(false);
    const loose = await run(where, '--allow=missing,fails');
    expect(loose.migrations.map(({ grade, verdict }) => [grade, verdict])).toEqual([
      ['missing', 'run'],
      ['fails', 'run'],
    ]);
    expect(loose.summary).toMatchObject({ ok: true, reasons: [] });
  });

  it('blocks on an ambiguous script whatever is allowed', async () => {
    const folder = await writtenHistory([USERS, EMAIL], {
      'down/0000_rollback.sql': DOWN_0,
      'down/0001_drop_everything.sql': 'DROP TABLE users;',
    });
    const report = await run(`--migrations=${folder}`, '--allow=missing,removes_too_much');
    expect(report.summary.ok).toBe(false);
    expect(report.ambiguous).toMatchObject([{ tag: '0001_email', grade: 'removes_too_much' }]);
  });

  it('gives a script that is exact for two migrations to neither', async () => {
    const folder = await writtenHistory(
      [
        { tag: '0001_a', up: 'CREATE TABLE IF NOT EXISTS one (id int);' },
        { tag: '0001_b', up: 'CREATE TABLE two (id int);' },
      ],
      { 'down/0001_rollback.sql': 'DROP TABLE IF EXISTS two; DROP TABLE IF EXISTS one;' },
    );
    // For 0001_b it removes the table of 0001_a; for 0001_a alone it is exact.
    const once = await run(`--migrations=${folder}`);
    expect(once.migrations.map(({ rollback }) => rollback?.pairedBy)).toEqual(['proof', undefined]);
    await writeFiles(folder, { '0001_a.sql': 'CREATE TABLE two (id int);' });
    await writeFiles(folder, {
      '0001_b.sql': 'DROP TABLE two;\n--> statement-breakpoint\nCREATE TABLE three (id int);',
      'down/0001_rollback.sql':
        'DROP TABLE IF EXISTS two; DO $$ BEGIN IF to_regclass($q$three$q$) IS NOT NULL THEN DROP TABLE three; CREATE TABLE two (id int); END IF; END $$;',
    });
    const twice = await run(`--migrations=${folder}`);
    expect(twice.ambiguous.map(({ tag, grade }) => [tag, grade])).toEqual([
      ['0001_a', 'exact'],
      ['0001_b', 'exact'],
    ]);
    expect(twice.summary).toMatchObject({ scripts: 0, ok: false });
  });

  it('needs what a history expects of its server', async () => {
    const role = `backstep_cli_${randomBytes(6).toString('hex')}`;
    const folder = await writtenHistory(
      [USERS, { tag: '0001_grants', up: `GRANT SELECT ON users TO ${role};` }],
      {
        'down/0000_rollback.sql': DOWN_0,
        'down/0001_rollback.sql': `REVOKE SELECT ON users FROM ${role};`,
        'roles.sql': `CREATE ROLE ${role} NOLOGIN;`,
      },
    );
    onTestFinished(async () => {
      await asAdmin(`DROP ROLE IF EXISTS ${role}`);
    });
    const where = [`--migrations=${folder}`, `--rollbacks=${folder}/down`];
    const without = await run(...where);
    expect(without.migrations).toMatchObject([
      { grade: 'exact' },
      {
        grade: 'unproven',
        verdict: 'block',
        error: { sqlstate: '42704', in: 'up', line: 1 },
      },
    ]);
    const withRole = await run(...where, `--bootstrap=${folder}/roles.sql`);
    expect(gradesOf(withRole)).toEqual({ '0000_users': 'exact', '0001_grants': 'exact' });
    expect(await asAdmin('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])).toEqual([]);
  });

  it('says so when it could not find out', async () => {
    const folder = await writtenHistory([USERS], { 'broken.txt': 'CREATE ROLE (' });
    const where = `--migrations=${folder}`;
    await expect(run(where, `--bootstrap=${folder}/nowhere.sql`)).rejects.toThrow(UsageError);
    await expect(run(where, `--bootstrap=${folder}/broken.txt`)).rejects.toThrow(BackstepError);
    await expect(run(where, '--only=0007')).rejects.toThrow(/--only 0007 names no migration/);
    const unreachable = proving(
      { server: 'postgres://me:hunter2hunter2@127.0.0.1:1/postgres' },
      where,
    );
    await expect(unreachable).rejects.toThrow(/127\.0\.0\.1:1.*can’t be reached/);
    await expect(unreachable).rejects.toThrow(/^(?!.*hunter2)/s);
  });
});
