import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import { tables } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { adminUrl } from '@/lib/testing/database';
import { allExact } from '@/lib/testing/evidence';
import {
  type PlannedRollback,
  planRollback,
  type TestMigration,
} from '@/lib/testing/planned-rollback';
import {
  asAdmin,
  auditOf,
  EXECUTOR,
  eventsOf,
  MIGRATIONS,
  perform,
  queue,
  rehearsalRow,
  scratchDatabases,
} from './rehearsal.test-setup';

let planned: PlannedRollback;
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(await scratchDatabases(planned)).toEqual([]);
  await planned.close();
});

const plan = async (options: Partial<Parameters<typeof planRollback>[0]> = {}) => {
  planned = await planRollback({ migrations: MIGRATIONS, undo: 3, ...options });
  return planned;
};

/** The fixture's migrations, one of them with another script. */
const withDown = (tag: string, down: string[]): TestMigration[] =>
  MIGRATIONS.map((migration) => (migration.tag === tag ? { ...migration, down } : migration));

async function rehearseOnce(more: Parameters<typeof perform>[2] = {}) {
  const id = await queue(planned);
  const state = await perform(planned, id, more);
  return { id, state, row: await rehearsalRow(planned, id) };
}

async function live(sql: string): Promise<void> {
  const client = await planned.live.connect();
  await client.query(sql);
  await client.end();
}

async function liveFingerprint(): Promise<string> {
  const client = await planned.live.connect();
  const snapshot = await snapshotCatalog(client, { tracking: planned.target.tracking });
  await client.end();
  return fingerprint(snapshot);
}

describe('a rehearsal that passes', () => {
  it('shows what each step changes, on a schema equal to the live one, which it leaves alone', async () => {
    await plan();
    const before = await liveFingerprint();
    const { id, state, row } = await rehearseOnce();
    expect(row.error).toBeNull();
    expect(state).toBe('passed');
    const { result } = row;
    expect(result).toMatchObject({ mode: 'replay', cloneReason: null, remarks: [] });
    expect(result?.drift).toEqual([]);
    expect(result?.fingerprintBefore).toBe(before);
    expect(result?.objectsCompared).toBeGreaterThan(8);
    expect(result?.steps.map(({ position, tag }) => [position, tag])).toEqual([
      [0, '0003_room_names'],
      [1, '0002_due_date'],
      [2, '0001_tasks'],
    ]);
    const changes = result?.steps.map((step) =>
      step.changes.map(({ change, kind, name }) => `${change} ${kind} ${name}`),
    );
    expect(changes?.[0]).toEqual(['removed index public.rooms_name_idx']);
    expect(changes?.[1]).toEqual(['removed column public.tasks.due_date']);
    expect(changes?.[2]).toEqual(
      expect.arrayContaining(['removed table public.tasks', 'removed type public.task_state']),
    );
    for (const step of result?.steps ?? []) {
      expect(step.error).toBeUndefined();
      expect(step.durationMs).toBeGreaterThan(0);
      expect(step.statements.every((statement) => statement.durationMs >= 0)).toBe(true);
    }
    expect(result?.steps[2]?.statements.map(({ index }) => index)).toEqual([0, 1]);
    expect(new Set(result?.steps.map(({ fingerprintAfter }) => fingerprintAfter)).size).toBe(3);

    expect(await eventsOf(planned, 'rehearsal.finished')).toMatchObject([
      { payload: { rehearsalId: id, ok: true } },
    ]);
    const phases = (await eventsOf(planned, 'rehearsal.progress')).map(({ payload }) => payload);
    expect(phases).toEqual(
      expect.arrayContaining([
        { rehearsalId: id, phase: 'Replaying migrations', done: 0, total: 4 },
        { rehearsalId: id, phase: 'Undoing migrations', done: 0, total: 3 },
        { rehearsalId: id, phase: 'Proving scripts', done: 0, total: 3 },
        { rehearsalId: id, phase: 'Counting what would be lost', done: 0, total: 1 },
      ]),
    );
    expect((await auditOf(planned)).at(-1)).toMatchObject({
      action: 'rehearsal.finish',
      outcome: 'done',
    });
    expect(await liveFingerprint()).toBe(before);
  });

  it('ends on the schema that the live database had before those migrations', async () => {
    await plan();
    const { row } = await rehearseOnce();
    const older = await planRollback({ migrations: MIGRATIONS.slice(0, 1), undo: 1 });
    expect(row.result?.steps.at(-1)?.fingerprintAfter).toBe(older.plan.schemaFingerprint);
    await older.close();
  });

  it('finds the live tracking rows, ids with gaps included', async () => {
    await plan();
    await live('UPDATE drizzle.__drizzle_migrations SET id = id + 100 WHERE id > 1');
    const rows = planned.plan.rows.map((row) => ({
      ...row,
      id: row.id > 1 ? row.id + 100 : row.id,
    }));
    const steps = planned.plan.steps.map((step) => ({
      ...step,
      row: { ...step.row, id: step.row.id + 100 },
    }));
    await planned.control.db
      .update(tables.rollbacks)
      .set({ plan: { ...planned.plan, rows, steps } })
      .where(eq(tables.rollbacks.id, planned.rollbackId));
    const { state, row } = await rehearseOnce();
    expect(row.error).toBeNull();
    expect(state).toBe('passed');
  });

  it('understands unqualified names as the live database does', async () => {
    await plan({
      migrations: [
        { tag: '0000_app', up: ['CREATE SCHEMA app'], down: [] },
        {
          tag: '0001_rooms',
          up: ['CREATE TABLE app.rooms (id int)'],
          down: ['DROP TABLE rooms'],
        },
      ],
      undo: 1,
    });
    await live(`ALTER DATABASE ${planned.live.name} SET search_path = app, public`);
    const { state, row } = await rehearseOnce();
    expect(row.error).toBeNull();
    expect(state).toBe('passed');
    expect(row.result?.drift).toEqual([]);
  });
});

describe('what a rehearsal tells beside its steps', () => {
  it('are the proofs of the scripts and what would be lost on the live database', async () => {
    await plan();
    await live("INSERT INTO rooms (name) VALUES ('one'), ('two')");
    await live("INSERT INTO tasks (room_id, state, due_date) VALUES (1, 'open', now())");
    const asked: string[] = [];
    const { row } = await rehearseOnce({
      proveSteps: async (ctx, pinned, target, deps) => {
        asked.push(target.name, deps.databasePrefix);
        // The scratch databases of the rehearsal are gone by now.
        expect(await scratchDatabases(planned)).toEqual([]);
        return allExact(ctx, pinned);
      },
    });
    expect(asked).toEqual([
      'chat-test',
      expect.stringMatching(/^backstep_rehearsal_[0-9a-f]{8}_\d+_proof$/),
    ]);
    expect(row.result?.proofs).toMatchObject([
      { position: 0, tag: '0003_room_names', proof: { grade: 'exact' } },
      { position: 1, tag: '0002_due_date' },
      { position: 2, tag: '0001_tasks' },
    ]);
    expect(row.result?.impact.problems).toEqual([]);
    expect(row.result?.impact.losses).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          position: 1,
          kind: 'column',
          name: 'public.tasks.due_date',
          nonNull: expect.objectContaining({ value: 1 }),
        }),
        expect.objectContaining({ position: 2, kind: 'table', name: 'public.tasks' }),
      ]),
    );
  });

  it('fails the rehearsal when the scripts cannot be proven', async () => {
    await plan();
    const { state, row } = await rehearseOnce({
      proveSteps: () => Promise.reject(new BackstepError('rehearsal_failed', 'No server for it.')),
    });
    expect(state).toBe('failed');
    expect(row).toMatchObject({ result: null, error: 'No server for it.' });
  });

  it('does not hide the error of a step', async () => {
    await plan({ migrations: withDown('0002_due_date', ['ALTER TABLE tasks DROP COLUMN no']) });
    const { state, row } = await rehearseOnce({
      proveSteps: () => Promise.reject(new BackstepError('rehearsal_failed', 'No server for it.')),
    });
    expect(state).toBe('failed');
    expect(row.error).toMatch(/^The rollback of 0002_due_date fails at statement 1/);
    expect(row.result).toMatchObject({ proofs: [], impact: { problems: [] } });
  });
});

describe('a scratch server that is the server of a production database', () => {
  it('is refused before anything is made there', async () => {
    await plan();
    planned.target.environment = 'production';
    const { state, row } = await rehearseOnce();
    expect(state).toBe('failed');
    expect(row.error).toContain(
      `SCRATCH_DATABASE_URL leads to the server of '${planned.target.name}' itself`,
    );
    expect(await scratchDatabases(planned)).toEqual([]);
  });
});

describe('the end of a rehearsal', () => {
  it('is recorded although the control database refused the record at first', async () => {
    await plan({
      migrations: withDown('0003_room_names', [
        'SELECT pg_sleep(0.3)',
        'DROP INDEX rooms_name_idx',
      ]),
    });
    const id = await queue(planned);
    await planned.control.pool.query('ALTER TABLE backstep.audit_log RENAME TO audit_log_away');
    const performing = perform(planned, id);
    await vi.waitFor(async () => expect(await scratchDatabases(planned)).toHaveLength(1), {
      timeout: 20_000,
      interval: 20,
    });
    await vi.waitFor(async () => expect(await scratchDatabases(planned)).toEqual([]), {
      timeout: 20_000,
      interval: 20,
    });
    expect(await rehearsalRow(planned, id)).toMatchObject({ state: 'running' });
    await planned.control.pool.query('ALTER TABLE backstep.audit_log_away RENAME TO audit_log');
    expect(await performing).toBe('passed');
    expect(await eventsOf(planned, 'rehearsal.finished')).toHaveLength(1);
  });
});

describe('a script that fails', () => {
  it('is shown with its error at its statement, and later steps are not rehearsed', async () => {
    await plan({
      migrations: withDown('0002_due_date', [
        "UPDATE tasks\nSET state = 'done'",
        'ALTER TABLE tasks\n  DROP COLUMN deadline',
      ]),
    });
    const { state, row } = await rehearseOnce();
    expect(state).toBe('failed');
    expect(row.result?.steps.map(({ tag }) => tag)).toEqual(['0003_room_names', '0002_due_date']);
    const failed = row.result?.steps[1];
    expect(failed?.error).toMatchObject({
      sqlstate: '42703',
      statementIndex: 1,
      message: 'column "deadline" of relation "tasks" does not exist',
    });
    expect(failed?.error?.line).toBeGreaterThanOrEqual(3);
    expect(failed?.statements.map(({ index }) => index)).toEqual([0]);
    expect(failed?.changes).toEqual([]);
    expect(failed?.fingerprintAfter).toBe(row.result?.steps[0]?.fingerprintAfter);
    expect(row.error).toMatch(/0002_due_date fails at statement 2, line \d: column "deadline"/);
    expect((await auditOf(planned)).at(-1)).toMatchObject({
      action: 'rehearsal.finish',
      outcome: 'failed',
    });
  });

  it('is cut off by the statement timeout of the policy', async () => {
    await plan({
      migrations: withDown('0003_room_names', ['SELECT pg_sleep(60)']),
      policy: { statement_timeout_ms: 300 },
    });
    const { state, row } = await rehearseOnce();
    expect(state).toBe('failed');
    expect(row.result?.steps[0]?.error).toMatchObject({ sqlstate: '57014', statementIndex: 0 });
  });
});

describe('a rehearsal that cannot be made', () => {
  const failsWith = async (sentence: RegExp, more: Parameters<typeof perform>[2] = {}) => {
    const { state, row } = await rehearseOnce(more);
    expect(state).toBe('failed');
    expect(row.result).toBeNull();
    expect(row.error).toMatch(sentence);
    expect(await eventsOf(planned, 'rehearsal.finished')).toMatchObject([
      { payload: { ok: false, message: row.error } },
    ]);
    return row.error ?? '';
  };

  it('refuses a migration file that has changed since it was pinned', async () => {
    await plan();
    await writeFile(path.join(planned.target.migrations, '0001_tasks.sql'), 'SELECT 1');
    await failsWith(/^0001_tasks\.sql has changed since the plan was pinned\. Pin the plan again/);
  });

  it('names a migration file that is gone', async () => {
    await plan();
    await rm(path.join(planned.target.migrations, '0001_tasks.sql'));
    // What is left behind is looked for here, and other test files have folders of the same names.
    vi.stubEnv('TMPDIR', planned.home);
    await failsWith(/0001_tasks\.sql can’t be read any more \(ENOENT\)/);
    vi.unstubAllEnvs();
    expect(await readdir(planned.home)).toEqual(['drizzle']);
  });

  it('says what to check when the target cannot be reached, without its password', async () => {
    await plan();
    const url = new URL(planned.live.url);
    url.port = '1';
    planned.target.readUrl = url.href;
    const error = await failsWith(/can’t be reached at 127\.0\.0\.1:1\//);
    expect(error).not.toContain(url.password);
  });

  it('says that somebody holds a table of the target', async () => {
    await plan();
    const holder = await planned.live.connect();
    await holder.query('BEGIN; LOCK TABLE rooms IN ACCESS EXCLUSIVE MODE');
    await failsWith(/another session holds one of its tables exclusively/);
    await holder.end();
  });

  it('says what to check when the scratch server cannot be reached', async () => {
    await plan();
    const url = new URL(adminUrl());
    url.port = '1';
    const error = await failsWith(/scratch server at 127\.0\.0\.1:1\/postgres can’t be reached/, {
      scratchUrl: url.href,
    });
    expect(error).not.toContain(url.password);
  });

  it('needs a scratch server of the target’s major version', async () => {
    await plan();
    const database = { ...planned.plan.database, serverVersionNum: 99_0001 };
    await planned.control.db
      .update(tables.rollbacks)
      .set({ plan: { ...planned.plan, database } })
      .where(eq(tables.rollbacks.id, planned.rollbackId));
    await failsWith(/Set SCRATCH_DATABASE_URL to a server of version 99/);
  });

  it('says which right the scratch role lacks', async () => {
    await plan();
    const role = `scratch_${Math.random().toString(36).slice(2)}`;
    await asAdmin((client) => client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'scratch-only'`));
    const url = new URL(adminUrl());
    url.username = role;
    url.password = 'scratch-only';
    await failsWith(/may not create databases\. Give it CREATEDB/, { scratchUrl: url.href });
  });
});

describe('a rehearsal whose scratch server goes away', () => {
  it('says so', async () => {
    await plan({ migrations: withDown('0003_room_names', ['SELECT pg_sleep(60)']) });
    const id = await queue(planned);
    const performing = perform(planned, id);
    await asAdmin((client) =>
      vi.waitFor(
        async () => {
          const [name] = await scratchDatabases(planned);
          const { rowCount } = await client.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%pg_sleep%' AND state = 'active'",
            [name],
          );
          expect(rowCount).toBe(1);
        },
        { timeout: 20_000, interval: 20 },
      ),
    );
    expect(await performing).toBe('failed');
    expect(await rehearsalRow(planned, id)).toMatchObject({
      result: null,
      error: 'The connection to the scratch server was lost. Rehearse again.',
    });
  });
});

describe('a rehearsal that is stopped', () => {
  it('ends its statement on the scratch server and says that it was interrupted', async () => {
    await plan({ migrations: withDown('0003_room_names', ['SELECT pg_sleep(60)']) });
    const id = await queue(planned);
    const shutdown = new AbortController();
    const performing = perform(planned, id, { signal: shutdown.signal });
    const watch = new pg.Client({ connectionString: adminUrl() });
    await watch.connect();
    await vi.waitFor(
      async () => {
        const [name] = await scratchDatabases(planned);
        const { rows } = await watch.query(
          "SELECT FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%pg_sleep%' AND state = 'active'",
          [name],
        );
        expect(rows).toHaveLength(1);
      },
      { timeout: 20_000, interval: 20 },
    );
    await watch.end();
    shutdown.abort();
    expect(await performing).toBe('interrupted');
    const row = await rehearsalRow(planned, id);
    expect(row).toMatchObject({ state: 'interrupted', result: null, executorId: EXECUTOR });
    expect(row.error).toMatch(/Rehearse again\.$/);
  });

  it('is not begun for a plan that was pinned again meanwhile', async () => {
    await plan();
    const id = await queue(planned);
    await planned.control.db
      .update(tables.rollbacks)
      .set({ planDigest: 'another' })
      .where(eq(tables.rollbacks.id, planned.rollbackId));
    expect(await perform(planned, id)).toBe('interrupted');
    expect(await rehearsalRow(planned, id)).toMatchObject({
      error: 'The plan was pinned again before this rehearsal began.',
    });
  });

  it('is made by one executor only', async () => {
    await plan();
    const id = await queue(planned);
    const results = await Promise.all([
      perform(planned, id),
      perform(planned, id, { executorId: '00000000-0000-4000-8000-000000000002' }),
    ]);
    expect(results.sort()).toEqual(['not_claimed', 'passed']);
  });
});
