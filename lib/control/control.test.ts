import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RESTORE_STATUS_CHANGES } from '@/lib/core/restore';
import { STATUS_CHANGES } from '@/lib/core/rollback';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import {
  appendEvent,
  appendRunEvents,
  type Control,
  changeStatus,
  openControl,
  readEvents,
  tables,
} from '.';
import { migrateControl } from './migrate';
import { insertRollback, testContext } from './testing/fixture';

const ROOT = process.cwd();
let database: TestDatabase;
let control: Control;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateControl(database.url, ROOT);
  control = openControl(database.url);
});

afterAll(async () => {
  await control.close();
  await database.drop();
});

describe('the control database', () => {
  it('is migrated by several processes at once', async () => {
    await Promise.all([1, 2, 3].map(() => migrateControl(database.url, ROOT)));
    const { rows } = await control.pool.query(
      'SELECT count(*)::int AS n FROM backstep_migrations.applied',
    );
    expect(rows).toEqual([{ n: 10 }]);
  });

  it('may end a session in the middle of a transaction without ending the process', async () => {
    const broken = control.db.transaction(async (tx) => {
      const { rows } = await tx.execute<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const admin = await database.connect();
      await admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      // Nobody asks the connection anything while its end arrives.
      await expect
        .poll(async () => {
          const left = await admin.query('SELECT FROM pg_stat_activity WHERE pid = $1', [
            rows[0]?.pid,
          ]);
          return left.rowCount;
        })
        .toBe(0);
      await admin.end();
      await tx.execute('SELECT 1');
    });
    await expect(broken).rejects.toThrow();
    expect((await control.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('holds the same table of status changes as the rules do', async () => {
    const { rows } = await control.pool.query<{ from_status: string; to_status: string }>(
      'SELECT from_status, to_status FROM backstep.rollback_status_changes',
    );
    expect(new Set(rows.map((row) => `${row.from_status} ${row.to_status}`))).toEqual(
      new Set(STATUS_CHANGES.map(([from, to]) => `${from} ${to}`)),
    );
  });

  it('holds the same table for restores', async () => {
    const { rows } = await control.pool.query<{ from_status: string; to_status: string }>(
      'SELECT from_status, to_status FROM backstep.restore_status_changes',
    );
    expect(new Set(rows.map((row) => `${row.from_status} ${row.to_status}`))).toEqual(
      new Set(RESTORE_STATUS_CHANGES.map(([from, to]) => `${from} ${to}`)),
    );
  });

  it('refuses a status that does not follow, whoever writes it', async () => {
    const id = await insertRollback(control);
    await expect(
      control.pool.query("UPDATE backstep.rollbacks SET status = 'succeeded' WHERE id = $1", [id]),
    ).rejects.toMatchObject({ code: '23514' });
  });

  it('refuses another plan once approval was asked', async () => {
    const id = await insertRollback(control, { status: 'awaiting_approval' });
    await expect(
      control.pool.query("UPDATE backstep.rollbacks SET plan_digest = 'x' WHERE id = $1", [id]),
    ).rejects.toMatchObject({ code: '23514' });
  });

  it('lets one rollback of a target run at a time', async () => {
    await insertRollback(control, { status: 'running', target: 'busy' });
    await expect(
      insertRollback(control, { status: 'running', target: 'busy' }),
    ).rejects.toMatchObject({
      cause: { code: '23505' },
    });
  });

  it.each([
    'UPDATE backstep.rollback_events SET kind = kind',
    'DELETE FROM backstep.rollback_events',
    'TRUNCATE backstep.audit_log',
  ])('refuses %s', async (sql) => {
    await expect(control.pool.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('changeStatus', () => {
  it('tells the change, and refuses what somebody was faster with', async () => {
    const ctx = testContext(control);
    const id = await insertRollback(control);
    await changeStatus(ctx, id, ['draft'], 'awaiting_approval');
    await expect(changeStatus(ctx, id, ['draft'], 'cancelled')).rejects.toMatchObject({
      code: 'conflict',
    });
    const events = await readEvents(ctx, id);
    expect(events.map((event) => event.payload)).toMatchObject([
      { from: 'draft', to: 'awaiting_approval' },
    ]);
  });
});

describe('events', () => {
  it('are numbered without gap by many writers at once', async () => {
    const ctx = testContext(control);
    const id = await insertRollback(control);
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        appendEvent(ctx, id, 'plan.pinned', { digest: String(index), again: false }),
      ),
    );
    const events = await readEvents(ctx, id);
    expect(events.map((event) => event.seq)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect((await readEvents(ctx, id, 38)).map((event) => event.seq)).toEqual([39, 40]);
  });

  it('of a run are written by its owner only', async () => {
    const ctx = testContext(control);
    const id = await insertRollback(control, { status: 'running', target: 'epochs' });
    const [user] = await control.db.select().from(tables.users).limit(1);
    const [run] = await control.db
      .insert(tables.runs)
      .values({
        rollbackId: id,
        number: 1,
        requestedBy: user?.id ?? '',
      })
      .returning({ id: tables.runs.id });
    await control.db.update(tables.runs).set({ state: 'running', epoch: 2 });
    const events = [
      { kind: 'run.stop_requested', payload: { by: 'one' } },
      { kind: 'run.stop_requested', payload: { by: 'two' } },
    ] as const;
    const key = { rollbackId: id, runId: run?.id ?? 0 };
    expect(await appendRunEvents(ctx, { ...key, epoch: 1 }, events)).toBe(false);
    expect(await readEvents(ctx, id)).toEqual([]);
    expect(await appendRunEvents(ctx, { ...key, epoch: 2 }, events)).toBe(true);
    expect((await readEvents(ctx, id)).map((event) => [event.seq, event.payload])).toEqual([
      [1, { by: 'one' }],
      [2, { by: 'two' }],
    ]);
  });
});

describe('our own rollback scripts', () => {
  it('take the control schema back to nothing', async () => {
    const own = await createTestDatabase();
    await migrateControl(own.url, ROOT);
    const client = await own.connect();
    for (const number of [
      '0009',
      '0008',
      '0007',
      '0006',
      '0005',
      '0004',
      '0003',
      '0002',
      '0001',
      '0000',
    ]) {
      const file = path.join(ROOT, 'rollback-sql', 'backstep', `${number}_rollback.sql`);
      await client.query(await readFile(file, 'utf8'));
    }
    const { rows } = await client.query("SELECT FROM pg_namespace WHERE nspname = 'backstep'");
    expect(rows).toEqual([]);
    await client.query('TRUNCATE backstep_migrations.applied');
    await migrateControl(own.url, ROOT);
    await client.end();
    await own.drop();
  });
});
