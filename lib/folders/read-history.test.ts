import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '@/lib/core/digest';
import type { TrackingRow } from '@/lib/core/migration';
import { listEntries, readHistory, readMigrationFolder } from '.';
import { timeOf } from './read-version-folders';

const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };

let home: string;
let migrations: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'backstep-history-'));
  migrations = path.join(home, 'drizzle');
  await mkdir(migrations);
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function put(name: string, text = 'SELECT 1;'): Promise<void> {
  const file = path.join(migrations, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

const journal = (...tags: string[]) =>
  put(
    'meta/_journal.json',
    JSON.stringify({
      version: '7',
      dialect: 'postgresql',
      entries: tags.map((tag, idx) => ({ idx, when: 1_000 * (idx + 1), tag, breakpoints: true })),
    }),
  );

const history = (rollbacks?: string) =>
  readHistory({
    migrations,
    tracking: TRACKING,
    ...(rollbacks !== undefined && { rollbacks: path.join(migrations, rollbacks) }),
  });

async function scripts(rollbacks?: string) {
  const found = await history(rollbacks);
  return [...found.scripts].map(
    ([tag, { rollback }]) => `${tag} <- ${rollback?.name} (${rollback?.pairedBy})`,
  );
}

const listOf = (rows: TrackingRow[], rollbacks = migrations) =>
  listEntries(
    {
      name: 'shop',
      migrations,
      rollbacks,
      rollbackPattern: undefined,
      tracking: TRACKING,
      foundation: undefined,
    },
    rows,
  );

describe('folders of drizzle 1.0', () => {
  const INIT = '20260101080000_init';
  const USERS = '20260102093015_users';

  beforeEach(async () => {
    await put(`${USERS}/migration.sql`, 'CREATE TABLE users ();\r\n');
    await put(`${INIT}/migration.sql`, 'CREATE TABLE init ();');
    await put(`${INIT}/snapshot.json`, '{}');
  });

  it('are read by name, with the time that the name begins with', async () => {
    const { layout, files, problems } = await readMigrationFolder({ migrations });
    expect(layout).toBe('folders');
    expect(files).toEqual([
      {
        position: 0,
        idx: 0,
        tag: INIT,
        when: Date.UTC(2026, 0, 1, 8),
        path: `${INIT}/migration.sql`,
        hash: sha256Hex('CREATE TABLE init ();'),
        sql: 'CREATE TABLE init ();',
        breakpoints: true,
      },
      expect.objectContaining({
        position: 1,
        tag: USERS,
        when: Date.UTC(2026, 0, 2, 9, 30, 15),
        hash: sha256Hex('CREATE TABLE users ();\r\n'),
      }),
    ]);
    expect(problems).toEqual([]);
  });

  it('have their scripts in themselves or below', async () => {
    await put(`${USERS}/rollback.sql`);
    await put(`rollback/${INIT}.sql`);
    expect((await history()).naming).toBe('rollback/{tag}.sql, {tag}/rollback.sql');
    expect(await scripts()).toEqual([
      `${INIT} <- rollback/${INIT}.sql (tag)`,
      `${USERS} <- ${USERS}/rollback.sql (tag)`,
    ]);
    expect(await scripts('rollback')).toEqual([`${INIT} <- ${INIT}.sql (tag)`]);
    expect((await history()).problems).toEqual([]);
  });

  it('name what drizzle passes over', async () => {
    await mkdir(path.join(migrations, '20260103000000_empty'));
    await mkdir(path.join(migrations, 'notes'));
    await put('loose.sql');
    await put('20260102093015_twin/migration.sql');
    const { files, problems } = await readMigrationFolder({ migrations });
    expect(files).toHaveLength(3);
    expect(problems.map(({ code, file }) => [code, file])).toEqual([
      ['journal_entry_without_file', '20260103000000_empty/migration.sql'],
      ['file_not_in_journal', 'loose.sql'],
      ['same_number', `${USERS}/migration.sql`],
    ]);
  });

  it('are refused where a name holds no time, as drizzle fails on it', async () => {
    await put('0001_users/migration.sql');
    await expect(readMigrationFolder({ migrations })).rejects.toMatchObject({
      code: 'journal_invalid',
      message: expect.stringMatching(
        /0001_users holds a migration\.sql and its name does not begin/,
      ),
    });
  });

  it('may be links within the folder, and not out of it', async () => {
    const linked = path.join(migrations, '20260103000000_linked');
    await rename(path.join(migrations, USERS), path.join(migrations, '.kept'));
    await symlink('.kept', linked);
    // drizzle itself sees hidden folders too, and would fail on the name.
    await expect(readMigrationFolder({ migrations })).rejects.toMatchObject({
      message: expect.stringContaining('.kept holds a migration.sql'),
    });
    await rename(path.join(migrations, '.kept'), path.join(home, 'elsewhere'));
    await rm(linked);
    await symlink('../elsewhere', linked);
    await expect(readMigrationFolder({ migrations })).rejects.toMatchObject({
      message: expect.stringContaining('leads out of the migrations folder'),
    });
    await rm(linked);
    await symlink(INIT, linked);
    expect((await readMigrationFolder({ migrations })).files[1]).toMatchObject({
      tag: '20260103000000_linked',
      sql: 'CREATE TABLE init ();',
    });
  });

  it('beside a journal with entries do not count; beside an empty one they do', async () => {
    await put('0000_old.sql');
    await journal('0000_old');
    const old = await readMigrationFolder({ migrations });
    expect([old.layout, old.files.map(({ tag }) => tag)]).toEqual(['journal', ['0000_old']]);
    expect(old.problems).toEqual([
      expect.objectContaining({
        code: 'two_layouts',
        message: expect.stringContaining('2 folders of drizzle 1.0. The journal counts here'),
      }),
    ]);
    await rm(path.join(migrations, '0000_old.sql'));
    await journal();
    const empty = await readMigrationFolder({ migrations });
    expect([empty.layout, empty.files.length]).toEqual(['folders', 2]);
    expect(empty.problems.map(({ code }) => code)).toEqual(['two_layouts']);
    const { forecast } = await listOf([]);
    expect(forecast).toMatchObject({
      applies: [],
      fails: expect.stringContaining('_journal.json'),
    });
  });

  it('are listed with what the next migrate() applies, by name', async () => {
    const rows = [
      { id: 1, hash: 'x', createdAt: String(timeOf(USERS)), name: USERS },
      { id: 2, hash: 'y', createdAt: '5', name: 'of_another_application' },
    ];
    const list = await listOf(rows);
    expect(list.layout).toBe('folders');
    expect(list.entries.map(({ key, state }) => [key, state])).toEqual([
      ['unknown-2', 'unknown'],
      [INIT, 'pending'],
      [USERS, 'changed'],
    ]);
    expect(list.forecast).toEqual({ drizzle: '1.x', applies: [INIT], skips: [] });
    expect(list.rollbackPattern).toBe('{tag}/rollback.sql');
    expect(list.problems).toEqual([
      {
        code: 'unknown_row',
        file: 'drizzle.__drizzle_migrations',
        message:
          'A row of drizzle.__drizzle_migrations belongs to no file of this folder: 2 (of_another_application). They may come from another application or a branch; nothing at or below such a row is undone here.',
      },
    ]);
  });
});

describe('the time of a 1.0 folder', () => {
  it.each([
    ['20240229235959_leap', Date.UTC(2024, 1, 29, 23, 59, 59)],
    // Out of range runs over, as in drizzle.
    ['20241301000000_x', Date.UTC(2025, 0, 1)],
    ['20240229235959', Date.UTC(2024, 1, 29, 23, 59, 59)],
    ['20240101_short', Number.NaN],
    ['init', Number.NaN],
  ])('of %s', (tag, time) => {
    expect(timeOf(tag)).toBe(time);
  });
});

describe('a journal folder without a folder for its scripts', () => {
  const TAGS = ['0000_init', '0001_users', '0002_undo_log', '0003_clean_up'];

  beforeEach(async () => {
    await journal(...TAGS);
    for (const tag of TAGS) await put(`${tag}.sql`);
  });

  it.each([
    ['0001_users.down.sql', '{tag}.down.sql'],
    ['0001_users_rollback.sql', '{tag}_rollback.sql'],
    ['rollback/0001_rollback.sql', 'rollback/{number}_rollback.sql'],
    ['rollbacks/0001_users.rollback.sql', 'rollbacks/{tag}.rollback.sql'],
    ['down/0001_users.down.sql', 'down/{tag}.down.sql'],
    ['rollback/0001_users.sql', 'rollback/{tag}.sql'],
    ['scripts/0001_users.undo.sql', 'scripts/{tag}.undo.sql'],
    ['scripts/down/1.sql', 'scripts/down/{number}.sql'],
  ])('finds %s', async (name, naming) => {
    await put(name);
    const found = await history();
    expect(found.naming).toBe(naming);
    expect(found.scripts.get('0001_users')?.rollback).toMatchObject({ name });
    expect(found.scripts.size).toBe(1);
    expect(found.problems).toEqual([]);
    expect(found.scriptsFolder).toBe(migrations);
  });

  it('takes no migration, no up file and no note for a script', async () => {
    await put('0001_users.up.sql');
    await put('up/0001_users.sql');
    await put('archive/0001_users.sql');
    await put('rollback/README.md');
    await put('rollback/0003_clean_up.up.sql');
    await put('.hidden/0001_users.down.sql');
    const found = await history();
    expect(found.scripts.size).toBe(0);
    expect(found.orphans).toEqual([]);
    expect(found.problems.map(({ code, file }) => [code, file])).toEqual([
      ['file_not_in_journal', '0001_users.up.sql'],
    ]);
  });

  it('keeps apart tags that hold a word for down or for up', async () => {
    await put('rollback/0002_undo_log.sql');
    await put('rollback/0003_clean_up.sql');
    expect(await scripts()).toEqual([
      '0002_undo_log <- rollback/0002_undo_log.sql (tag)',
      '0003_clean_up <- rollback/0003_clean_up.sql (tag)',
    ]);
  });

  it('lists what belongs to nothing, and what only may belong', async () => {
    await put('rollback/0099_rollback.sql');
    await put('rollback/0001_users.sql.orig');
    await put('rollback/0001_initial_schema.down.sql', '\uFEFF-- everything\r\nDROP SCHEMA app;');
    await put('0000_init.down.sql', '-- Rollback 0001_users\nDROP TABLE init;');
    const { orphans, problems, scripts: found } = await history();
    expect(orphans).toEqual(['rollback/0099_rollback.sql']);
    expect(problems.map(({ code, file }) => [code, file])).toEqual([
      ['ambiguous_rollback_file', 'rollback/0001_initial_schema.down.sql'],
      ['header_names_other', '0000_init.down.sql'],
      ['stray_rollback_file', 'rollback/0099_rollback.sql'],
      ['stray_rollback_file', 'rollback/0001_users.sql.orig'],
    ]);
    expect(found.get('0001_users')).toMatchObject({
      rollback: undefined,
      problem: undefined,
      candidates: [
        {
          file: { name: 'rollback/0001_initial_schema.down.sql' },
          why: 'rollback/0001_initial_schema.down.sql shares only its number with 0001_users: the rest of its name says something else.',
        },
      ],
    });
  });

  it('lists with the forecast, and many unknown rows in one line', async () => {
    const rows = [1, 2, 3, 4, 5, 6, 7].map((id) => ({
      id,
      hash: String(id).repeat(64),
      createdAt: String(100 + id),
    }));
    rows.push({ id: 8, hash: sha256Hex('SELECT 1;'), createdAt: '2000' });
    const list = await listOf(rows);
    expect(list.forecast).toEqual({
      drizzle: '0.x',
      applies: ['0002_undo_log', '0003_clean_up'],
      skips: [{ tag: '0000_init', why: expect.stringContaining('0001_users') }],
    });
    expect(list.problems).toHaveLength(1);
    expect(list.problems[0]?.message).toMatch(/^7 rows .*: 1 \(hash 1{12}\), .* 2 more\./);
  });
});
