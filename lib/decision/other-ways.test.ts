import { sql } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BackupManifest, tables } from '@/lib/control';
import type { RestoredCheck } from '@/lib/core/backup';
import { readRowChanges } from '@/lib/impact';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import { readOtherWays } from '.';

let planned: PlannedRollback;
let app: pg.Client;

beforeAll(async () => {
  planned = await planRollback({
    migrations: [
      { tag: '0000_rooms', up: ['CREATE TABLE rooms (id int)'], down: ['DROP TABLE rooms'] },
      { tag: '0001_topic', up: ['ALTER TABLE rooms ADD topic text'], down: [] },
    ],
    undo: 1,
  });
  app = await planned.live.connect();
  await app.query("SET application_name = 'chat-web'");
});

afterAll(async () => {
  await app?.end();
  await planned?.close();
});

const ways = () =>
  readOtherWays(planned.as(planned.people.auditor), { target: 'chat-test', head: '0001_topic' });

async function confirmedBackup(manifest: Partial<BackupManifest>): Promise<number> {
  const [row] = await planned.control.db
    .insert(tables.backups)
    .values({
      target: 'chat-test',
      method: 'pg_dump',
      state: 'passed',
      level: 'read',
      takenBy: planned.people.on_call.id,
      snapshotAt: sql`clock_timestamp() - interval '20 minutes'` as unknown as string,
      location: '/nowhere',
      manifest: { head: '0001_topic', ...manifest } as BackupManifest,
      manifestSha256: 'x',
    })
    .returning({ id: tables.backups.id });
  return row?.id ?? 0;
}

describe('what stands beside a rollback', () => {
  it('says that there is nothing to restore, and who uses the database', async () => {
    await app.query('BEGIN');
    await app.query('SELECT 1');
    const found = await ways();
    await app.query('COMMIT');
    expect(found.restore).toMatchObject({
      backup: null,
      ageMs: null,
      inTheWay: ['No backup of this target has been confirmed.'],
    });
    expect(found.rollForward).toEqual({ head: '0001_topic', inTheWay: [] });
    const web = found.sessions?.find(({ application }) => application === 'chat-web');
    expect(web).toMatchObject({ sessions: 1, inTransaction: 1 });
    expect(web?.oldestMs).toBeGreaterThan(0);
  });

  it('counts what was written since the newest backup, and takes the time of its test restore', async () => {
    const id = await confirmedBackup({ activity: await readRowChanges(app) });
    await app.query("INSERT INTO rooms SELECT generate_series(1, 40), 'x'");
    await app.query('SELECT pg_stat_force_next_flush()');
    const untested = await ways();
    expect(untested.restore).toMatchObject({
      backup: { label: 'B-0001', level: 'read', head: '0001_topic' },
      time: null,
      changesLost: { value: 40, estimate: true },
      inTheWay: [expect.stringMatching(/never been restored/)],
    });
    expect(untested.restore.ageMs).toBeGreaterThan(19 * 60_000);
    await planned.control.db.insert(tables.testRestores).values({
      backupId: id,
      state: 'passed',
      check: { ok: true, restoreMs: 27_000 } as RestoredCheck,
    });
    expect((await ways()).restore).toMatchObject({
      backup: { level: 'restored' },
      time: { ms: 27_000, on: 'the test restore of B-0001' },
      inTheWay: [],
    });
  });

  it('names the run that goes on', async () => {
    await planned.control.db.execute(
      sql`UPDATE backstep.rollbacks SET status = 'approved' WHERE id = ${planned.rollbackId}`,
    );
    await planned.control.db.execute(
      sql`UPDATE backstep.rollbacks SET status = 'running' WHERE id = ${planned.rollbackId}`,
    );
    const found = await ways();
    expect(found.restore.inTheWay).toContain(`${planned.label} is running on this target.`);
    expect(found.rollForward.inTheWay).toContain(`${planned.label} is running on this target.`);
  });

  it('says so where the target does not answer', async () => {
    const ctx = planned.as(planned.people.auditor);
    const [target] = planned.config.targets;
    if (!target) throw new Error('the room has no target');
    const away = { ...target, url: target.url.replace(/:\d+\//, ':1/') };
    const found = await readOtherWays(
      { ...ctx, config: { ...planned.config, targets: [away] } },
      { target: 'chat-test', head: null },
    );
    expect(found.sessions).toBeNull();
    expect(found.sessionsError).toMatch(/can’t be reached|chat-test/);
    expect(found.restore.changesLost).toBeNull();
  });

  it('is for people who are signed in', async () => {
    const anonymous = planned.as({ kind: 'anonymous', id: 'anonymous', name: 'Not signed in' });
    await expect(readOtherWays(anonymous, { target: 'chat-test', head: null })).rejects.toThrow(
      /may not/,
    );
  });
});
