import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import { tables } from '@/lib/control';
import { sha256Hex } from '@/lib/core/digest';
import type { Plan } from '@/lib/core/plan';
import { ClientToolError } from '@/lib/embedded';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import {
  eventsOf,
  MIGRATIONS,
  perform,
  queue,
  rehearsalRow,
  scratchDatabases,
} from './rehearsal.test-setup';

let planned: PlannedRollback;
afterEach(async () => {
  expect(await scratchDatabases(planned)).toEqual([]);
  await planned.close();
});

async function plan(options: Partial<Parameters<typeof planRollback>[0]> = {}): Promise<void> {
  planned = await planRollback({ migrations: MIGRATIONS, undo: 3, ...options });
}

async function rehearseOnce(more: Parameters<typeof perform>[2] = {}) {
  const id = await queue(planned);
  const state = await perform(planned, id, more);
  const row = await rehearsalRow(planned, id);
  return { id, state, error: row.error, result: row.result };
}

async function live<T extends object>(sql: string): Promise<T[]> {
  const client = await planned.live.connect();
  const { rows } = await client.query<T>(sql);
  await client.end();
  return rows;
}

async function liveFingerprint(): Promise<string> {
  const client = await planned.live.connect();
  const snapshot = await snapshotCatalog(client, { tracking: planned.target.tracking });
  await client.end();
  return fingerprint(snapshot);
}

async function changePlan(change: Partial<Plan>): Promise<void> {
  await planned.control.db
    .update(tables.rollbacks)
    .set({ plan: { ...planned.plan, ...change } })
    .where(eq(tables.rollbacks.id, planned.rollbackId));
}

/** What a project has whose history was squashed by hand: live is fine, the files are not. */
async function rewrite(tag: string, text: string): Promise<void> {
  await writeFile(path.join(planned.target.migrations, `${tag}.sql`), text);
  const hash = sha256Hex(text);
  await changePlan({
    replay: planned.plan.replay.map((file) => (file.tag === tag ? { ...file, hash } : file)),
  });
}

const noTools = () =>
  Promise.reject(new ClientToolError('pg_dump_missing', 'pg_dump was not found. Install it.', []));

const UNREPLAYABLE = 'ALTER TABLE missing ADD COLUMN due_date timestamptz';

describe('a live schema that drifted from the files', () => {
  it('is rehearsed on a copy of it, so that the steps meet what they will meet', async () => {
    await plan();
    // The script drops a column of a table on which somebody has built a view by hand.
    await live('CREATE INDEX by_hand ON tasks (room_id); DROP INDEX rooms_name_idx');
    await live('CREATE VIEW due AS SELECT due_date FROM tasks');
    const before = await liveFingerprint();
    const { state, result, error, id } = await rehearseOnce();
    expect(result).toMatchObject({
      mode: 'clone',
      cloneReason:
        'The live schema differs from the files in 4 objects, so the steps were rehearsed on a copy of the live schema.',
      remarks: [],
      fingerprintBefore: before,
    });
    expect(result?.drift.map(({ change, kind, name }) => `${change} ${kind} ${name}`)).toEqual(
      expect.arrayContaining([
        'added index public.by_hand',
        'removed index public.rooms_name_idx',
        'added view public.due',
      ]),
    );
    // On the replay there is an index to drop; on the live schema there is none.
    expect(state).toBe('failed');
    expect(error).toMatch(/^The rollback of 0003_room_names fails.*rooms_name_idx.*\(42704\)/);
    expect((await eventsOf(planned, 'rehearsal.progress')).map(({ payload }) => payload)).toEqual(
      expect.arrayContaining([
        { rehearsalId: id, phase: 'Copying the live schema', done: 0, total: 1 },
      ]),
    );
    expect(await liveFingerprint()).toBe(before);
  });

  it('passes where the drift is not in the way', async () => {
    await plan();
    await live('CREATE INDEX by_hand ON rooms (id)');
    const before = await liveFingerprint();
    const { state, result, error } = await rehearseOnce();
    expect(error).toBeNull();
    expect(state).toBe('passed');
    expect(result).toMatchObject({ mode: 'clone', fingerprintBefore: before });
    expect(result?.steps.map(({ tag }) => tag)).toHaveLength(3);
    expect(await eventsOf(planned, 'rehearsal.finished')).toMatchObject([
      {
        payload: {
          message:
            '3 of 3 migrations undone on a copy of the live schema, which differs from the files in 1 object.',
        },
      },
    ]);
  });

  it('is told in the words of the live database, which a run compares with', async () => {
    const mood = "ALTER TABLE rooms ADD mood varchar(9) CHECK (mood IN ('good', 'bad'))";
    await plan({
      migrations: [
        ...MIGRATIONS.slice(0, 2),
        { tag: '0002_mood', up: [mood], down: ['ALTER TABLE rooms DROP COLUMN mood'] },
      ],
      undo: 1,
    });
    await live('CREATE INDEX by_hand ON rooms (id)');
    const before = await liveFingerprint();
    const [check] = await live<{ text: string }>(
      "SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conname = 'rooms_mood_check'",
    );
    const { result } = await rehearseOnce();
    expect(result).toMatchObject({ mode: 'clone', fingerprintBefore: before, remarks: [] });
    const removed = result?.steps[0]?.changes.find(({ kind }) => kind === 'constraint');
    expect(removed).toMatchObject({ change: 'removed' });
    expect(removed?.before).toContain(check?.text);
    await live('ALTER TABLE rooms DROP COLUMN mood');
    expect(result?.steps[0]?.fingerprintAfter).toBe(await liveFingerprint());
  });

  it('is rehearsed on the replay when pg_dump is missing, and says so', async () => {
    await plan();
    await live('CREATE INDEX by_hand ON rooms (id)');
    const { state, result } = await rehearseOnce({ findTool: noTools });
    expect(state).toBe('passed');
    expect(result).toMatchObject({ mode: 'replay', cloneReason: null });
    expect(result?.drift).toHaveLength(1);
    expect(result?.remarks).toEqual([
      'The live schema differs from the files in 1 object and could not be copied, so the steps were rehearsed on the replayed files. pg_dump was not found. Install it.',
    ]);
    expect(await eventsOf(planned, 'rehearsal.finished')).toMatchObject([
      { payload: { message: expect.stringContaining('differs from the files in 1 object') } },
    ]);
  });
});

describe('a history that does not replay', () => {
  it('is rehearsed on a copy of the live schema, and names what did not apply', async () => {
    await plan({ undo: 1 });
    const before = await liveFingerprint();
    await rewrite('0002_due_date', UNREPLAYABLE);
    const { state, result, error } = await rehearseOnce();
    expect(error).toBeNull();
    expect(state).toBe('passed');
    expect(result).toMatchObject({
      mode: 'clone',
      drift: [],
      fingerprintBefore: before,
      cloneReason:
        'The files do not apply to an empty database, so the steps were rehearsed on a copy of the live schema. 0002_due_date.sql, line 1: relation "missing" does not exist (SQLSTATE 42P01).',
    });
    expect(result?.objectsCompared).toBeGreaterThan(8);
    expect(await eventsOf(planned, 'rehearsal.finished')).toMatchObject([
      {
        payload: {
          message:
            '1 of 1 migrations undone on a copy of the live schema, as the files do not apply to an empty database.',
        },
      },
    ]);
  });

  it('cannot be rehearsed when the live schema cannot be copied either', async () => {
    await plan();
    await rewrite('0002_due_date', UNREPLAYABLE);
    const { state, result, error } = await rehearseOnce({ findTool: noTools });
    expect(state).toBe('failed');
    expect(result).toBeNull();
    expect(error).toBe(
      'The files do not apply to an empty database, and the live schema can’t be copied instead, so there is nothing to rehearse on. 0002_due_date.sql, line 1: relation "missing" does not exist (SQLSTATE 42P01). pg_dump was not found. Install it.',
    );
  });

  it('replays with a bootstrap script that brings what it presumes', async () => {
    await plan();
    await rewrite('0002_due_date', UNREPLAYABLE);
    const script = path.join(planned.home, 'bootstrap.sql');
    await writeFile(script, 'CREATE TABLE missing ()');
    planned.target.bootstrap = script;
    await live('ALTER TABLE tasks DROP COLUMN due_date');
    await live('CREATE TABLE missing (due_date timestamptz)');
    const { result } = await rehearseOnce();
    expect(result).toMatchObject({ mode: 'replay', drift: [] });
  });
});

describe('a history of drizzle 1.0', () => {
  it('is replayed from its folders, and its rows keep their names', async () => {
    await plan({
      migrations: MIGRATIONS.map((migration) =>
        migration.tag === '0003_room_names'
          ? {
              ...migration,
              down: [
                'DROP INDEX rooms_name_idx',
                "DELETE FROM drizzle.__drizzle_migrations WHERE name = '0003_room_names'",
              ],
            }
          : migration,
      ),
      undo: 1,
    });
    const { migrations } = planned.target;
    for (const { tag } of MIGRATIONS) {
      await mkdir(path.join(migrations, tag));
      await rename(
        path.join(migrations, `${tag}.sql`),
        path.join(migrations, tag, 'migration.sql'),
      );
    }
    const named = (rows: Plan['rows']): Plan['rows'] =>
      rows.map((row, index) => ({ ...row, name: MIGRATIONS[index]?.tag ?? '' }));
    const rows = named(planned.plan.rows);
    await changePlan({
      layout: 'folders',
      rows,
      replay: planned.plan.replay.map((file) => ({ ...file, path: `${file.tag}/migration.sql` })),
      steps: planned.plan.steps.map((step) => ({ ...step, row: rows.at(-1) ?? step.row })),
    });
    const { state, error, result } = await rehearseOnce();
    expect(error).toBeNull();
    expect(state).toBe('passed');
    expect(result).toMatchObject({ mode: 'replay', drift: [] });
  });
});

describe('a history that does not run in one transaction', () => {
  it('is replayed all the same, and the result says how', async () => {
    await plan({ undo: 1 });
    await rewrite(
      '0003_room_names',
      'CREATE UNIQUE INDEX CONCURRENTLY rooms_name_idx ON rooms (name)',
    );
    const { state, result } = await rehearseOnce();
    expect(state).toBe('passed');
    expect(result).toMatchObject({ mode: 'replay', drift: [] });
    expect(result?.remarks).toEqual([
      expect.stringMatching(/do not run in one transaction \(0003_room_names\.sql: /),
      'Applied statement by statement, outside a transaction: 0003_room_names.',
    ]);
  });
});
