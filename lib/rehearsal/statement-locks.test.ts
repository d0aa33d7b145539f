import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { snapshotCatalog } from '@/lib/catalog';
import type { RehearsedStep } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import { DEFAULT_POLICY, type RescuePolicy } from '@/lib/core/policy';
import { parseScript } from '@/lib/sql';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import { rehearseSteps } from '.';

let planned: PlannedRollback;
afterEach(() => planned?.close());

/** A rollback by these bytes, read as a plan reads them. */
async function plan(script: string, ...up: string[]): Promise<Plan> {
  planned = await planRollback({
    migrations: [
      { tag: '0000_tables', up, down: ['SELECT 1'] },
      { tag: '0001_change', up: ['SELECT 1'], down: [script] },
    ],
    undo: 1,
  });
  const parsed = await parseScript(Buffer.from(script), { tracking: planned.plan.tracking });
  if (!parsed.ok) throw new Error(parsed.refusals[0]?.message);
  const { statements } = parsed;
  const steps = planned.plan.steps.map((step) => ({ ...step, statements }));
  return { ...planned.plan, steps };
}

async function rehearse(client: pg.Client, of: Plan, rescue: RescuePolicy): Promise<RehearsedStep> {
  const [step] = await rehearseSteps(client, {
    rollback: planned.label,
    plan: of,
    policy: { ...DEFAULT_POLICY, rescue },
    searchPath: 'public',
    before: await snapshotCatalog(client, { tracking: of.tracking }),
    inLiveWords: (snapshot) => snapshot,
    watchLocks: true,
    onProgress: () => undefined,
    onRemark: () => undefined,
  });
  if (!step) throw new Error('no step was rehearsed');
  expect(step.error).toBeUndefined();
  return step;
}

/** What pg_locks says while each statement of a script is the last one of its transaction. */
async function reallyTaken(client: pg.Client, of: Plan): Promise<string[][]> {
  const taken: string[][] = [];
  let held = new Set<string>();
  await client.query('BEGIN');
  for (const { text } of of.steps[0]?.statements ?? []) {
    await client.query(text);
    const { rows } = await client.query<{ lock: string }>(
      `SELECT upper(regexp_replace(regexp_replace(l.mode, 'Lock$', ''), '([a-z])([A-Z])', '\\1 \\2', 'g'))
              || ' on public.' || c.relname AS lock
         FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        WHERE l.pid = pg_backend_pid() AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
          AND l.mode = 'AccessExclusiveLock'`,
    );
    const now = new Set(rows.map(({ lock }) => lock));
    taken.push([...now].filter((lock) => !held.has(lock)).sort());
    held = now;
  }
  await client.query('ROLLBACK');
  return taken;
}

const AGENTIM = [
  'CREATE TABLE bookmarks (id int PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now())',
  'CREATE TABLE service_agents (id int PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now())',
  'INSERT INTO bookmarks SELECT generate_series(1, 200)',
  'INSERT INTO service_agents SELECT generate_series(1, 200)',
];

describe('the locks of a rehearsed statement', () => {
  it.each(['off', 'ask', 'always'] satisfies RescuePolicy[])(
    'of a type that changes are those that pg_locks shows, with rescue copies %s',
    async (rescue) => {
      const script = await readFile('rollback-sql/agentim/0035_rollback.sql', 'utf8');
      const of = await plan(script, ...AGENTIM);
      const client = await planned.live.connect();
      const real = await reallyTaken(client, of);
      expect(real).toEqual([
        ['ACCESS EXCLUSIVE on public.bookmarks'],
        ['ACCESS EXCLUSIVE on public.service_agents'],
      ]);
      const { statements } = await rehearse(client, of, rescue);
      expect(statements.map(({ locks }) => locks)).toEqual(real);
      await client.end();
    },
  );

  it('are of the table that was locked, whatever it is called afterwards', async () => {
    const of = await plan(
      `ALTER TABLE rooms ADD COLUMN a int;
ALTER TABLE rooms ALTER COLUMN a SET DATA TYPE bigint;
ALTER TABLE rooms RENAME TO halls;
ALTER TABLE halls ALTER COLUMN a SET DATA TYPE text;
UPDATE doors SET id = id;
ALTER TABLE doors ALTER COLUMN id SET DATA TYPE bigint;
CREATE INDEX ON windows (id);
SELECT count(*) FROM windows;
`,
      'CREATE TABLE rooms (id int)',
      'CREATE TABLE doors (id int)',
      'CREATE TABLE windows (id int)',
    );
    const client = await planned.live.connect();
    const { statements } = await rehearse(client, of, 'off');
    expect(statements.map(({ locks }) => locks)).toEqual([
      ['ACCESS EXCLUSIVE on public.rooms'],
      // Held since the first statement: nobody has to wait anew.
      [],
      [],
      [],
      ['ROW EXCLUSIVE on public.doors'],
      ['ACCESS EXCLUSIVE on public.doors'],
      ['SHARE on public.windows'],
      [],
    ]);
    await client.end();
  });
});
