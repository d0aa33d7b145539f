import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations } from '@/examples/agentim/apply';
import { seedAgentim } from '@/examples/agentim/seed';
import { loadConfig } from '@/lib/config';
import { type Control, migrateControl, openControl, tables } from '@/lib/control';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { addDemoAccounts } from './accounts';
import { BACKED_UP_HEAD, type Day, liveThroughTheDay, YESTERDAY } from './yesterday';

const { backups, testRestores } = tables;
const DAY_MS = 24 * 3_600_000;

let template: TestDatabase;
let control: Control;
let controlDatabase: TestDatabase;
let live: TestDatabase;
let day: Day;
let home: string;

beforeAll(async () => {
  template = await createTestDatabase();
  await applyMigrations(template.url, { to: BACKED_UP_HEAD });
  const client = await template.connect();
  await seedAgentim(client);
  await client.end();
  home = await mkdtemp(path.join(tmpdir(), 'backstep-demo-'));
});

afterAll(async () => {
  await template?.drop();
  await rm(home, { recursive: true, force: true });
});

beforeEach(async () => {
  controlDatabase = await createTestDatabase();
  await migrateControl(controlDatabase.url, process.cwd());
  control = openControl(controlDatabase.url, { max: 4 });
  await addDemoAccounts(control);
  live = await createTestDatabase({ template: template.name });
  await onLive(`COMMENT ON DATABASE ${live.name} IS ${pg.escapeLiteral(YESTERDAY)}`);
  const root = process.cwd();
  const config = await loadConfig({
    path: path.join(root, 'examples', 'agentim', 'backstep.config.yaml'),
    root,
    env: {
      BACKSTEP_HOME: home,
      AGENTIM_PRODUCTION_URL: live.url,
      AGENTIM_STAGING_URL: live.url,
      WORKSHOP_DEVELOPMENT_URL: live.url,
    },
  });
  // Each test has its own B-0001.
  config.backups.directory = path.join(home, live.name);
  day = { control, config, url: live.url, root };
  return async () => {
    await control.close();
    await Promise.all([controlDatabase.drop(), live.drop()]);
  };
});

async function onLive<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
  const client = await live.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

const standing = async () =>
  (
    await onLive<{ applied: number; messages: number; mark: string | null }>(
      `SELECT (SELECT count(*)::int FROM drizzle.__drizzle_migrations) AS applied,
              (SELECT count(*)::int FROM messages) AS messages,
              (SELECT shobj_description(oid, 'pg_database') FROM pg_database
                WHERE datname = current_database()) AS mark`,
    )
  )[0];

const AFTER = { applied: 36, messages: 60_412, mark: null };

describe('the day that a fresh production sample lives through', () => {
  it('leaves a real backup of yesterday’s head, a test restore to be done, and writes after it', async () => {
    expect(await liveThroughTheDay(day)).toBeUndefined();
    const [backup, ...others] = await control.db.select().from(backups);
    expect(others).toEqual([]);
    expect(backup).toMatchObject({
      target: 'agentim-production',
      state: 'passed',
      level: 'read',
      rollbackId: null,
      manifest: { head: '0032_add_service_agents_created_by_idx', trackingRows: 33 },
    });
    const rows = backup?.manifest?.rows ?? [];
    expect(rows).toContainEqual({ table: 'public.messages', rows: 60_000 });
    expect(rows.map(({ table }) => table)).not.toContain('public.revoked_tokens');
    const age = Date.now() - Date.parse(backup?.snapshotAt ?? '');
    expect(age).toBeGreaterThanOrEqual(DAY_MS);
    expect(age).toBeLessThan(DAY_MS + 10 * 60_000);
    expect(await control.db.select().from(testRestores)).toMatchObject([
      { backupId: backup?.id, rollbackId: null, state: 'queued' },
    ]);
    expect(await standing()).toEqual(AFTER);

    // The next start finds nothing to do.
    expect(await liveThroughTheDay(day)).toBeUndefined();
    expect(await control.db.$count(backups)).toBe(1);
    expect(await standing()).toEqual(AFTER);
  });

  it('goes on where a start was interrupted: a dump in mid-air is taken again', async () => {
    await expect(liveThroughTheDay({ ...day, root: '/nowhere' })).rejects.toThrow();
    await control.db
      .update(backups)
      .set({ state: 'running', finishedAt: null })
      .where(eq(backups.id, 1));
    expect(await liveThroughTheDay(day)).toBeUndefined();
    const found = await control.db
      .select({ id: backups.id, state: backups.state })
      .from(backups)
      .orderBy(backups.id);
    expect(found).toEqual([
      { id: 1, state: 'interrupted' },
      { id: 2, state: 'passed' },
    ]);
    expect(await standing()).toEqual(AFTER);
  });

  it('goes on where a start was interrupted: a backup that is there stays, and its date too', async () => {
    await onLive('CREATE TABLE revoked_tokens (in_the_way int)');
    await expect(liveThroughTheDay(day)).rejects.toThrow();
    const [before] = await control.db.select().from(backups);
    expect(before?.state).toBe('passed');
    await onLive('DROP TABLE revoked_tokens');
    expect(await liveThroughTheDay(day)).toBeUndefined();
    expect(await control.db.select().from(backups)).toEqual([before]);
    expect(await standing()).toEqual(AFTER);
  });

  it('is the same without a backup where none can be taken, and says why', async () => {
    const config = { ...day.config, clientTools: path.join(home, 'no-tools-here') };
    expect(await liveThroughTheDay({ ...day, config })).toContain('no-tools-here');
    expect(await standing()).toEqual(AFTER);
  });

  it('leaves a sample alone that an earlier version has made', async () => {
    await onLive(`COMMENT ON DATABASE ${live.name} IS NULL`);
    expect(await liveThroughTheDay(day)).toBeUndefined();
    expect(await control.db.$count(backups)).toBe(0);
    expect(await standing()).toEqual({ applied: 33, messages: 60_000, mark: null });
  });
});
