import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { agentimMigrations, applyMigrations, cutMigrationsFolder, readJournal } from './apply';

afterEach(() => {
  vi.unstubAllEnvs();
});

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  return database;
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'agentim-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function trackingRows(database: TestDatabase): Promise<{ hash: string; when: number }[]> {
  const client = await database.connect();
  const { rows } = await client.query<{ hash: string; created_at: string }>(
    'SELECT hash, created_at FROM drizzle.__drizzle_migrations ORDER BY id',
  );
  await client.end();
  return rows.map((row) => ({ hash: row.hash, when: Number(row.created_at) }));
}

describe("AgentIM's drizzle folder", () => {
  it('has 42 migrations, numbered and dated in order, and no file beside them', async () => {
    const { entries } = await readJournal(agentimMigrations);
    const numbers = entries.map((entry) => Number(entry.tag.slice(0, 4)));
    expect(numbers).toEqual(Array.from({ length: 42 }, (_, n) => n));
    expect(entries.map((entry) => entry.idx)).toEqual(numbers);
    const dates = entries.map((entry) => entry.when);
    expect(dates).toEqual([...new Set(dates)].sort((a, b) => a - b));
    expect(dates[0]).toBeGreaterThan(Date.UTC(2025, 0, 1));
    expect(dates.at(-1)).toBeLessThan(Date.UTC(2026, 10, 1));
    const files = (await readdir(agentimMigrations)).filter((name) => name.endsWith('.sql'));
    expect(files.sort()).toEqual(entries.map((entry) => `${entry.tag}.sql`));
  });

  it('applies to an empty database, and a second time changes nothing', async () => {
    const database = await emptyDatabase();
    await applyMigrations(database.url);
    const rows = await trackingRows(database);

    const { entries } = await readJournal(agentimMigrations);
    const expected = await Promise.all(
      entries.map(async ({ tag, when }) => {
        const sql = await readFile(path.join(agentimMigrations, `${tag}.sql`));
        return { hash: createHash('sha256').update(sql).digest('hex'), when };
      }),
    );
    expect(rows).toHaveLength(42);
    expect(rows).toEqual(expected);

    await applyMigrations(database.url);
    expect(await trackingRows(database)).toEqual(expected);
  });
});

describe('applying up to one migration', () => {
  it('takes a number or a tag, inclusive, and leaves no folder behind', async () => {
    const temporary = await emptyFolder();
    vi.stubEnv('TMPDIR', temporary);
    const database = await emptyDatabase();
    await applyMigrations(database.url, { to: 3 });
    expect(await trackingRows(database)).toHaveLength(4);
    await applyMigrations(database.url, { to: '0005_add_tasks' });
    expect(await trackingRows(database)).toHaveLength(6);
    expect(await readdir(temporary)).toEqual([]);
  });

  it('rejects a number and a tag that the journal does not have', async () => {
    const database = await emptyDatabase();
    await expect(applyMigrations(database.url, { to: 42 })).rejects.toThrow('no migration 42');
    await expect(applyMigrations(database.url, { to: '0005' })).rejects.toThrow(
      'no migration 0005',
    );
  });
});

describe('cutting a folder', () => {
  it('keeps the bytes and the dates of what stays', async () => {
    const folder = await emptyFolder();
    await cutMigrationsFolder(agentimMigrations, '0002_amused_silver_surfer', folder);
    const whole = await readJournal(agentimMigrations);
    expect(await readJournal(folder)).toEqual({ ...whole, entries: whole.entries.slice(0, 3) });
    expect((await readdir(folder)).sort()).toEqual([
      '0000_yielding_moonstone.sql',
      '0001_add_rooms_and_members.sql',
      '0002_amused_silver_surfer.sql',
      'meta',
    ]);
    const file = '0001_add_rooms_and_members.sql';
    expect(await readFile(path.join(folder, file))).toEqual(
      await readFile(path.join(agentimMigrations, file)),
    );
  });

  it('refuses a tag that is not in the journal and a folder that is not empty', async () => {
    const folder = await emptyFolder();
    await expect(cutMigrationsFolder(agentimMigrations, '0099_none', folder)).rejects.toThrow(
      'no migration 0099_none',
    );
    await writeFile(path.join(folder, 'kept.txt'), 'kept');
    await expect(cutMigrationsFolder(agentimMigrations, '0005_add_tasks', folder)).rejects.toThrow(
      'not empty',
    );
    expect(await readdir(folder)).toEqual(['kept.txt']);
  });
});
