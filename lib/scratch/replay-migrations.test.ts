import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ReplayInput, replayMigrations, UnreplayableError } from '.';
import {
  asAdmin,
  migrationsOf,
  randomName,
  roleExists,
  TRACKING,
  Workshop,
} from './scratch.test-setup';

const workshop = new Workshop();
afterEach(() => workshop.clear());

async function replay(
  texts: Record<string, string>,
  more: Partial<ReplayInput> & { reorder?: (whens: number[]) => number[] } = {},
) {
  const { reorder, ...options } = more;
  const { files, contents, rows } = migrationsOf(texts, options.layout);
  const whens = reorder?.(files.map(({ when }) => when));
  const { database, client } = await workshop.scratchDatabase();
  const migrationsFolder = await workshop.folder(contents);
  const input: ReplayInput = {
    files: files.map((file, index) => ({ ...file, when: whens?.[index] ?? file.when })),
    migrationsFolder,
    layout: 'journal',
    tracking: TRACKING,
    rows,
    searchPath: '"$user", public',
    statementTimeoutMs: 30_000,
    onRole: database.ownRole,
    ...options,
  };
  const run = () => replayMigrations(client, input);
  const tables = async () => {
    const { rows: found } = await client.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
    );
    return found.map(({ name }) => name);
  };
  return { run, client, database, rows, tables, migrationsFolder };
}

const BREAK = '\n--> statement-breakpoint\n';

describe('replaying a journal folder', () => {
  it('applies every migration by drizzle and restores the live rows', async () => {
    const done: number[] = [];
    const { run, client, tables } = await replay(
      { '0000_a': 'CREATE TABLE a (id int)', '0001_b': 'CREATE TABLE b (id int)' },
      {
        rows: [{ id: 70, hash: 'of-another-text', createdAt: '17' }],
        onProgress: (count) => done.push(count),
      },
    );
    expect(await run()).toEqual({ remarks: [] });
    expect(await tables()).toEqual(['a', 'b']);
    expect(done).toEqual([1, 2]);
    const { rows } = await client.query('SELECT * FROM drizzle.__drizzle_migrations');
    expect(rows).toEqual([{ id: 70, hash: 'of-another-text', created_at: '17' }]);
  });

  it('applies all of them although their times are out of order', async () => {
    const { run, tables } = await replay(
      {
        '0000_a': 'CREATE TABLE a (id int PRIMARY KEY)',
        '0001_b': 'CREATE TABLE b (id int REFERENCES a)',
        '0002_c': 'ALTER TABLE b RENAME TO c',
      },
      { reorder: ([one = 0, two = 0, three = 0]) => [three, one, two] },
    );
    await run();
    expect(await tables()).toEqual(['a', 'c']);
  });

  it('leaves no setting of a migration in the session', async () => {
    const { run, client } = await replay({
      '0000_a': "SET search_path = pg_catalog; SET work_mem = '1MB'; CREATE TEMP TABLE t (id int)",
    });
    await run();
    const { rows } = await client.query(
      "SELECT current_setting('search_path') AS path, to_regclass('pg_temp.t') AS t",
    );
    expect(rows).toEqual([{ path: '"$user", public', t: null }]);
  });

  it('takes the roles of the history away with the database', async () => {
    const role = `made_${randomName()}`;
    const bystander = `other_${randomName()}`;
    const { run, database } = await replay({
      '0000_a': `CREATE TABLE a (id int)${BREAK}CREATE ROLE ${role}${BREAK}GRANT SELECT ON a TO ${role}`,
    });
    const running = run();
    await asAdmin((admin) => admin.query(`CREATE ROLE ${bystander}`));
    await running;
    expect(await roleExists(role)).toBe(true);
    await database.drop();
    expect(await roleExists(role)).toBe(false);
    expect(await roleExists(bystander)).toBe(true);
    await asAdmin((admin) => admin.query(`DROP ROLE ${bystander}`));
  });
});

describe('replaying folders of drizzle 1.0', () => {
  it('gives the tracking table its shape and the rows their names', async () => {
    const { run, client, rows } = await replay(
      {
        '20260101000000_a': 'CREATE TABLE a (id int)',
        '20260102000000_b': 'CREATE TABLE b (id int)',
      },
      { layout: 'folders' },
    );
    await run();
    const { rows: found } = await client.query(
      'SELECT id, hash, created_at, name, applied_at FROM drizzle.__drizzle_migrations ORDER BY id',
    );
    expect(found).toEqual(
      rows.map((row) => ({
        id: row.id,
        hash: row.hash,
        created_at: row.createdAt,
        name: row.name,
        applied_at: new Date(row.appliedAt ?? ''),
      })),
    );
  });

  it('keeps the time of a row empty that was backfilled', async () => {
    const { run, client } = await replay(
      { '20260101000000_a': 'CREATE TABLE a (id int)' },
      {
        layout: 'folders',
        rows: [{ id: 1, hash: 'h', createdAt: '5', name: '20260101000000_a' }],
      },
    );
    await run();
    const { rows } = await client.query(
      'SELECT name, applied_at FROM drizzle.__drizzle_migrations',
    );
    expect(rows).toEqual([{ name: '20260101000000_a', applied_at: null }]);
  });
});

describe('a history that does not run in one transaction', () => {
  it('is not applied where it reaches beyond its database', async () => {
    const name = randomName();
    const { run } = await replay({
      '0000_a': 'CREATE TABLE a (id int)',
      '0001_beyond': `CREATE DATABASE "${name}"`,
    });
    await expect(run()).rejects.toThrow('0001_beyond.sql: CREATE DATABASE reaches beyond');
    const { rows } = await asAdmin((admin) =>
      admin.query(`SELECT FROM pg_database WHERE datname = '${name}'`),
    );
    expect(rows).toEqual([]);
  });

  it('is applied one by one, with CREATE INDEX CONCURRENTLY on its own', async () => {
    const { run, client } = await replay({
      '0000_a': 'CREATE TABLE a (id int, name text)',
      '0001_index':
        'ALTER TABLE a ADD COLUMN b int;\nCREATE INDEX CONCURRENTLY a_b_idx ON a (b);\nCOMMENT ON TABLE a IS $$one; two$$',
      '0002_c': 'CREATE TABLE c (id int)',
    });
    const { remarks } = await run();
    expect(remarks).toEqual([
      expect.stringMatching(
        /^The migrations do not run in one transaction \(0001_index\.sql: .*25001.*\), so they were applied one by one\.$/,
      ),
      'Applied statement by statement, outside a transaction: 0001_index.',
    ]);
    const { rows } = await client.query(
      "SELECT indisvalid, obj_description('a'::regclass) AS text FROM pg_index WHERE indexrelid = 'a_b_idx'::regclass",
    );
    expect(rows).toEqual([{ indisvalid: true, text: 'one; two' }]);
  });

  it('may use an enum value in the migration after the one that adds it', async () => {
    const { run, tables } = await replay({
      '0000_a': "CREATE TYPE state AS ENUM ('open')",
      '0001_b': "ALTER TYPE state ADD VALUE 'done'",
      '0002_c': "CREATE TABLE c (state state DEFAULT 'done')",
    });
    const { remarks } = await run();
    expect(remarks).toHaveLength(1);
    expect(remarks[0]).toMatch(/55P04/);
    expect(await tables()).toEqual(['c']);
  });

  it('may use an enum value right where it is added', async () => {
    const { run, tables } = await replay({
      '0000_a': `CREATE TYPE state AS ENUM ('open')${BREAK}SELECT 1`,
      '0001_b': `ALTER TYPE state ADD VALUE 'done'${BREAK}CREATE TABLE b (state state DEFAULT 'done')`,
    });
    expect((await run()).remarks[1]).toMatch(/outside a transaction: 0001_b\.$/);
    expect(await tables()).toEqual(['b']);
  });

  it('may begin and end transactions itself', async () => {
    const { run, tables } = await replay({
      '0000_a': 'CREATE TABLE a (id int)',
      '0001_b': 'BEGIN;\nCREATE TABLE b (id int);\nCOMMIT;',
      '0002_c': 'BEGIN;\nCREATE TABLE c (id int);',
    });
    const { remarks } = await run();
    expect(remarks[0]).toMatch(/\(0001_b\.sql begins or ends transactions itself\)/);
    expect(await tables()).toEqual(['a', 'b', 'c']);
  });

  it('may leave an empty search path behind, as a dump does', async () => {
    const { run, tables } = await replay({
      '0000_dump':
        "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.a ()",
      '0001_b': 'CREATE TABLE b (id int)',
    });
    await run();
    expect(await tables()).toEqual(['a', 'b']);
  });
});

describe('a history that cannot be replayed', () => {
  it('names the migration, the line and what PostgreSQL says', async () => {
    const { run } = await replay({
      '0000_a': 'CREATE TABLE a (id int)',
      '0001_b': `SELECT 1${BREAK}\nALTER TABLE missing ADD COLUMN b int`,
    });
    const error = await run().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(UnreplayableError);
    expect(error).toMatchObject({
      code: 'rehearsal_failed',
      reason: '0001_b.sql, line 4: relation "missing" does not exist (SQLSTATE 42P01)',
    });
  });

  it('is cut off by the statement timeout', async () => {
    const { run } = await replay({ '0000_a': 'SELECT pg_sleep(60)' }, { statementTimeoutMs: 100 });
    await expect(run()).rejects.toMatchObject({ reason: expect.stringMatching(/^0000_a.*57014/) });
  });

  it('is not begun with a file that was changed or is gone', async () => {
    const { run, migrationsFolder } = await replay({ '0000_a': 'CREATE TABLE a (id int)' });
    await writeFile(path.join(migrationsFolder, '0000_a.sql'), 'SELECT 1');
    await expect(run()).rejects.toMatchObject({ code: 'plan_stale' });
    await rm(path.join(migrationsFolder, '0000_a.sql'));
    await expect(run()).rejects.toMatchObject({ message: expect.stringContaining('(ENOENT)') });
  });
});

describe('the bootstrap script', () => {
  it('runs first', async () => {
    const { run, tables } = await replay(
      { '0000_a': 'ALTER TABLE expected ADD COLUMN b int' },
      { bootstrap: 'CREATE TABLE expected (a int); CREATE SCHEMA other' },
    );
    expect(await run()).toEqual({ remarks: [] });
    expect(await tables()).toEqual(['expected']);
  });

  it('says that it fails', async () => {
    const { run } = await replay({ '0000_a': 'SELECT 1' }, { bootstrap: 'SELECT nothing' });
    await expect(run()).rejects.toMatchObject({
      code: 'rehearsal_failed',
      message:
        'The target’s bootstrap script fails on an empty database: column "nothing" does not exist. Mend the script, then try again.',
    });
  });
});
