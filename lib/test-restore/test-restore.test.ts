import { afterEach, describe, expect, it } from 'vitest';
import { auditOf, pgDumpFound } from '@/lib/backup/backup.test-setup';
import { rehearseSteps } from '@/lib/rehearsal';
import { perform as performRehearsal, queue } from '@/lib/rehearsal/rehearsal.test-setup';
import { parseScript } from '@/lib/sql';
import {
  type PlannedRollback,
  planRollback,
  type TestMigration,
} from '@/lib/testing/planned-rollback';
import {
  backUp,
  copies,
  eventsOf,
  onLive,
  performInTurn,
  testRow,
} from './test-restore.test-setup';

const ROOMS: TestMigration = {
  tag: '0000_rooms',
  up: [
    'CREATE TABLE rooms (id serial PRIMARY KEY, name text NOT NULL, topic varchar(200), house int)',
    'CREATE TABLE houses (id int PRIMARY KEY)',
  ],
  down: ['DROP TABLE rooms', 'DROP TABLE houses'],
};
const ROWS = [
  'INSERT INTO houses VALUES (1), (2)',
  "INSERT INTO rooms (name, topic, house) SELECT 'room ' || n, 'topic', 1 + n % 2 FROM generate_series(1, 300) n",
];

/** Test files take turns with the one restore at a time. */
const PATIENT = { timeout: 120_000 };

let planned: PlannedRollback;
afterEach(() => planned.close());

/** A migration whose script this is. */
const undoneBy = (...down: string[]): TestMigration => ({
  tag: '0001_change',
  up: ['ALTER TABLE rooms ADD COLUMN seats int'],
  down,
});

async function plan(migration: TestMigration, ...rows: string[]): Promise<void> {
  planned = await planRollback({ migrations: [ROOMS, migration], undo: 1 });
  await onLive(planned, ...ROWS, ...rows);
}

/** The plan's own rehearsal, on a schema without rows. */
async function rehearse(): Promise<void> {
  expect(await performRehearsal(planned, await queue(planned))).toBe('passed');
}

describe.skipIf(!pgDumpFound)('a test restore with a rehearsal', PATIENT, () => {
  it('compares the copy with the manifest, performs the chain on real rows and drops the copy', async () => {
    await plan(undoneBy("UPDATE rooms SET topic = 'none'", 'ALTER TABLE rooms DROP COLUMN seats'));
    // Rescue copies lock the tables themselves.
    planned.target.policy.rescue = 'off';
    await rehearse();
    const { backupId, testRestoreId } = await backUp(planned);
    expect(await performInTurn(planned, testRestoreId)).toBe('passed');

    const { state, check, rehearsal, progress, error } = await testRow(planned, testRestoreId);
    expect({ state, progress, error }).toEqual({ state: 'passed', progress: null, error: null });
    expect(check).toMatchObject({
      ok: true,
      message: '3 tables with 304 rows as the manifest says, and the schema is equal.',
      tables: 3,
      rows: 304,
      mismatches: [],
      invalid: [],
    });
    expect(check?.fingerprint.found).toBe(planned.plan.schemaFingerprint);
    expect(check?.bytes).toBeGreaterThan(1_000_000);
    expect(check?.restoreMs).toBeGreaterThan(0);
    expect(check?.verifyMs).toBeGreaterThan(0);
    expect(rehearsal).toMatchObject({
      rollback: planned.label,
      ok: true,
      message: '1 of 1 migrations undone on the restored rows.',
      steps: [
        {
          tag: '0001_change',
          statements: [
            { index: 0, rows: 300, locks: ['ROW EXCLUSIVE on public.rooms'] },
            { index: 1, rows: null, locks: ['ACCESS EXCLUSIVE on public.rooms'] },
          ],
        },
      ],
    });
    expect(rehearsal?.fingerprint?.found).toBe(rehearsal?.fingerprint?.expected);
    expect(rehearsal?.fingerprint?.expected).toMatch(/^[0-9a-f]{64}$/);
    expect(rehearsal?.totalMs).toBe(rehearsal?.steps[0]?.durationMs);

    expect(await copies(planned)).toEqual([]);
    expect(await eventsOf(planned, 'test_restore.queued')).toMatchObject([
      { payload: { testRestoreId, backupId } },
    ]);
    const phases = (await eventsOf(planned, 'test_restore.progress')).map(
      ({ payload }) => payload.phase,
    );
    expect(phases).toEqual(expect.arrayContaining(['Preparing', 'Restoring', 'Counting rows']));
    expect(await eventsOf(planned, 'test_restore.finished')).toMatchObject([
      { payload: { testRestoreId, backupId, ok: true } },
    ]);
    expect((await auditOf(planned)).at(-1)).toMatchObject({
      action: 'test_restore.finish',
      subject: planned.label,
      outcome: 'done',
    });
  });

  it('performs a step in its parts', async () => {
    const script =
      'CREATE INDEX CONCURRENTLY rooms_topic ON rooms (topic);\nALTER TABLE rooms DROP seats;\n';
    await plan(undoneBy(script));
    const parsed = await parseScript(Buffer.from(script), { tracking: planned.plan.tracking });
    if (!parsed.ok) throw new Error(parsed.refusals[0]?.message);
    const [step] = planned.plan.steps;
    if (step) step.statements = parsed.statements;
    const { testRestoreId } = await backUp(planned);
    expect(
      await performInTurn(planned, testRestoreId, {
        // The guards of the control database hold a pinned plan fast.
        rehearseSteps: (client, input) => rehearseSteps(client, { ...input, plan: planned.plan }),
      }),
    ).toBe('passed');
    const { rehearsal } = await testRow(planned, testRestoreId);
    expect(rehearsal).toMatchObject({
      ok: true,
      // Nobody has rehearsed it on a schema without rows.
      fingerprint: { expected: null },
      remarks: ['The plan has no rehearsal of its own yet that the end could be compared with.'],
    });
    const [alone, inside] = rehearsal?.steps[0]?.statements ?? [];
    expect(alone).not.toHaveProperty('locks');
    expect(inside?.locks).toEqual(['ACCESS EXCLUSIVE on public.rooms']);
  });

  it('does the same with a backup that no rollback asked for', async () => {
    await plan(undoneBy('ALTER TABLE rooms DROP COLUMN seats'));
    const { testRestoreId } = await backUp(planned);
    await planned.control.pool.query(
      'UPDATE backstep.test_restores SET rollback_id = NULL, digest = NULL WHERE id = $1',
      [testRestoreId],
    );
    expect(await performInTurn(planned, testRestoreId)).toBe('passed');
    expect(await testRow(planned, testRestoreId)).toMatchObject({
      check: { ok: true },
      rehearsal: null,
    });
    expect(await eventsOf(planned, 'test_restore.finished')).toEqual([]);
  });
});

interface Violation {
  what: string;
  down: string[];
  rows: string[];
  error: Record<string, unknown>;
}

const VIOLATIONS: Violation[] = [
  {
    what: 'a unique index that real rows violate',
    down: ['SELECT 1', 'CREATE UNIQUE INDEX rooms_name ON rooms (name)'],
    rows: ["UPDATE rooms SET name = 'twice' WHERE id IN (7, 8)"],
    error: {
      sqlstate: '23505',
      detail: 'Key (name)=(twice) is duplicated.',
      statementIndex: 1,
      line: 2,
    },
  },
  {
    what: 'SET NOT NULL where there are NULLs',
    down: ['ALTER TABLE rooms ALTER topic SET NOT NULL'],
    rows: ['UPDATE rooms SET topic = NULL WHERE id = 5'],
    error: { sqlstate: '23502', statementIndex: 0, line: 1 },
  },
  {
    what: 'a narrowed type that does not fit',
    down: ['ALTER TABLE rooms ALTER topic TYPE varchar(4)'],
    rows: [],
    error: { sqlstate: '22001', statementIndex: 0 },
  },
  {
    what: 'a foreign key without its row',
    down: ['ALTER TABLE rooms ADD FOREIGN KEY (house) REFERENCES houses'],
    rows: ['UPDATE rooms SET house = 99 WHERE id = 1'],
    error: {
      sqlstate: '23503',
      detail: 'Key (house)=(99) is not present in table "houses".',
      statementIndex: 0,
    },
  },
];

describe.skipIf(!pgDumpFound)('a chain that only fails where there are rows', PATIENT, () => {
  it.each(VIOLATIONS)('is stopped: $what', async ({ down, rows, error }) => {
    await plan(undoneBy(...down), ...rows);
    // Nothing is wrong with it on a schema without rows.
    await rehearse();
    const { testRestoreId } = await backUp(planned);
    // The backup itself is proven all the same.
    expect(await performInTurn(planned, testRestoreId)).toBe('passed');
    const { check, rehearsal } = await testRow(planned, testRestoreId);
    expect(check?.ok).toBe(true);
    expect(rehearsal).toMatchObject({ ok: false, fingerprint: null, steps: [{ error }] });
    expect(rehearsal?.message).toContain('fails on the restored rows at statement');
    expect(rehearsal?.message).toContain(String(error.sqlstate));
    expect(await eventsOf(planned, 'test_restore.finished')).toMatchObject([
      { payload: { ok: false } },
    ]);
    expect((await auditOf(planned)).at(-1)).toMatchObject({ outcome: 'failed' });
    expect(await copies(planned)).toEqual([]);
  });
});
