import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partsOf } from '@/lib/core/parts';
import { ROLLBACK_STATUSES, type RollbackStatus } from '@/lib/core/rollback';
import {
  RUN_CHANGES,
  RUN_STATES,
  runChangeAllowed,
  STEP_CHANGES,
  STEP_STATUSES,
  stepChangeAllowed,
} from '@/lib/core/run-changes';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { type Control, openControl } from '.';
import { migrateControl } from './migrate';
import { insertRollback, pastGuards } from './testing/fixture';

let database: TestDatabase;
let control: Control;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateControl(database.url, process.cwd());
  control = openControl(database.url);
});
afterAll(async () => {
  await control.close();
  await database.drop();
});

const ILLEGAL = { code: '23514' };
const FORBIDDEN = { code: '42501' };

async function query(sql: string, params: unknown[] = []) {
  return (await control.pool.query(sql, params)).rows;
}

/** What only a superuser can write, past every trigger. */
const place = (sql: string) => pastGuards(control, (db) => db.execute(sql));

let targets = 0;
/** A running rollback of three steps, each with two transactions around a statement of its own. */
async function running(status: RollbackStatus = 'running') {
  targets += 1;
  const id = await insertRollback(control, { target: `target-${targets}` });
  const statements = [true, false, true].map((transactional, index) => ({ index, transactional }));
  const plan = { steps: [0, 1, 2].map((position) => ({ position, statements })) };
  await query('UPDATE backstep.rollbacks SET plan = $2 WHERE id = $1', [id, plan]);
  await query(
    `INSERT INTO backstep.rollback_steps (rollback_id, position, tag)
     SELECT $1, n, 'tag ' || n FROM generate_series(0, 2) n`,
    [id],
  );
  await place(`UPDATE backstep.rollbacks SET status = '${status}' WHERE id = ${id}`);
  return id;
}

const newRun = (rollback: number) =>
  query(
    `INSERT INTO backstep.runs (rollback_id, number, requested_by)
     SELECT id, 1, requested_by FROM backstep.rollbacks WHERE id = $1 RETURNING id`,
    [rollback],
  );

async function claimed() {
  const rollback = await running();
  const [run] = await newRun(rollback);
  await query("UPDATE backstep.runs SET state = 'running', epoch = 1 WHERE id = $1", [run?.id]);
  return { rollback, run: Number(run?.id) };
}

const set = (table: string, id: number, change: string) =>
  query(
    `UPDATE backstep.${table} SET ${change} WHERE ${table === 'rollback_steps' ? 'position = 0 AND rollback_id' : 'id'} = $1`,
    [id],
  );
/** Brings the first step to a status by the shortest lawful way. */
async function stepAt(rollback: number, status: (typeof STEP_STATUSES)[number]) {
  const change = `status = '${status}', xid = '7'`;
  await place(
    `UPDATE backstep.rollback_steps SET ${change} WHERE position = 0 AND rollback_id = ${rollback}`,
  );
}

describe('a rollback', () => {
  it.each(["status, 'approved'", "status, 'running'", 'steps_done, 1', "outcome, 'stopped_clean'"])(
    'does not begin with %s',
    async (pair) => {
      const [column, value] = pair.split(', ');
      await insertRollback(control);
      await expect(
        query(`INSERT INTO backstep.rollbacks (target, environment, reason, requested_by, plan, plan_digest, steps_total, ${column})
               SELECT 'another', 'staging', 'r', requested_by, '{}', 'd', 3, ${value} FROM backstep.rollbacks LIMIT 1`),
      ).rejects.toMatchObject(ILLEGAL);
    },
  );

  const pinned = ["plan = '{}'", "plan_digest = 'x'", 'steps_total = 9', "reason = 'x'"];
  it.each(
    ROLLBACK_STATUSES.flatMap((status) =>
      [...pinned, "incident = 'x'"].map((change) => [status, change] as const),
    ),
  )('that is %s: %s', async (status, change) => {
    const id = await running(status);
    const done = set('rollbacks', id, change);
    if (status === 'draft') await done;
    else await expect(done).rejects.toMatchObject(ILLEGAL);
  });

  it('does not leave draft and change its plan in one statement', async () => {
    const id = await insertRollback(control);
    const change = `status = 'awaiting_approval', plan = '{"steps":[]}'`;
    await expect(set('rollbacks', id, change)).rejects.toMatchObject(ILLEGAL);
  });

  it.each([
    "target = 'other'",
    "environment = 'production'",
    'requested_by = gen_random_uuid()',
    "created_at = now() - interval '1 day'",
  ])('never changes %s, not even as a draft', async (change) => {
    const id = await insertRollback(control);
    await expect(set('rollbacks', id, change)).rejects.toMatchObject(ILLEGAL);
  });

  it('counts only what is committed, only up, and only while it runs', async () => {
    const { rollback, run } = await claimed();
    await set('rollback_steps', rollback, "status = 'running'");
    await set('rollback_steps', rollback, "status = 'committing', xid = '7'");
    await set('rollback_steps', rollback, "status = 'committed'");
    await set('rollbacks', rollback, 'steps_done = 1');
    await expect(set('rollbacks', rollback, 'steps_done = 0')).rejects.toMatchObject(ILLEGAL);
    const end = (status: string, done: number) =>
      set('rollbacks', rollback, `status = '${status}', steps_done = ${done}`);
    await expect(end('stopped', 1)).rejects.toThrow(/has not ended/);
    await set('runs', run, "state = 'finished', finished_at = now()");
    await expect(end('stopped', 2)).rejects.toThrow(/1 of its steps are committed, yet 2/);
    await expect(end('succeeded', 1)).rejects.toThrow(/no success/);
    await expect(end('succeeded', 3)).rejects.toMatchObject(ILLEGAL);
    await end('stopped', 1);
    await expect(set('rollbacks', rollback, 'steps_done = 2')).rejects.toMatchObject(ILLEGAL);
  });

  it('does not stop with a hole among its committed steps', async () => {
    const id = await running();
    await place(
      `UPDATE backstep.rollback_steps SET status = 'committed', xid = '7' WHERE rollback_id = ${id} AND position = 1`,
    );
    await set('rollbacks', id, 'steps_done = 1');
    await expect(set('rollbacks', id, "status = 'stopped'")).rejects.toMatchObject(ILLEGAL);
  });

  it('goes to unknown with its run still open, and comes back only when that has ended', async () => {
    const { rollback, run } = await claimed();
    await set('rollbacks', rollback, "status = 'unknown'");
    await expect(set('rollbacks', rollback, "status = 'stopped'")).rejects.toMatchObject(ILLEGAL);
    await set('runs', run, "state = 'finished', finished_at = now()");
    await set('rollbacks', rollback, "status = 'stopped'");
  });

  it.each(['rollbacks', 'runs', 'fences', 'rescues'])('leaves its rows in %s', async (table) => {
    await expect(query(`DELETE FROM backstep.${table}`)).rejects.toMatchObject(FORBIDDEN);
    await expect(query(`TRUNCATE backstep.${table} CASCADE`)).rejects.toMatchObject(FORBIDDEN);
  });
});

describe('a run', () => {
  it.each(ROLLBACK_STATUSES)('of a rollback that is %s', async (status) => {
    const begun = newRun(await running(status));
    if (status === 'running') expect(await begun).toHaveLength(1);
    else await expect(begun).rejects.toMatchObject(ILLEGAL);
  });

  it.each([["state, 'running'"], ["state, 'finished'"], ['epoch, 1'], ['finished_at, now()']])(
    'does not begin with %s',
    async (pair) => {
      const [column, value] = pair.split(', ');
      const id = await running();
      await expect(
        query(
          `INSERT INTO backstep.runs (rollback_id, number, requested_by, ${column})
         SELECT id, 1, requested_by, ${value} FROM backstep.rollbacks WHERE id = $1`,
          [id],
        ),
      ).rejects.toMatchObject(ILLEGAL);
    },
  );

  it.each(RUN_STATES.flatMap((from) => RUN_STATES.map((to) => [from, to] as const)))(
    'goes from %s to %s as the rules say',
    async (from, to) => {
      const rollback = await running();
      const [run] = await newRun(rollback);
      const id = Number(run?.id);
      const finished = (state: string) =>
        `finished_at = ${state === 'finished' ? 'now()' : 'NULL'}`;
      await place(
        `UPDATE backstep.runs SET state = '${from}', epoch = 1, ${finished(from)} WHERE id = ${id}`,
      );
      const change = set('runs', id, `state = '${to}', ${finished(to)}`);
      if (runChangeAllowed(from, to) || (from === to && from !== 'finished')) await change;
      else await expect(change).rejects.toMatchObject(ILLEGAL);
    },
  );

  it.each([
    'epoch = 0',
    'epoch = epoch - 1',
    'number = 2',
    'requested_at = now()',
    'requested_by = gen_random_uuid()',
    'all_or_nothing = true',
    'rescue = true',
    'finished_at = now()',
    "state = 'finished'",
    'rollback_id = rollback_id - 1',
  ])('never has %s', async (change) => {
    const { run } = await claimed();
    await set('runs', run, 'epoch = epoch + 1, heartbeat_at = now()');
    await expect(set('runs', run, change)).rejects.toMatchObject(ILLEGAL);
  });

  it('is claimed under an epoch', async () => {
    const [run] = await newRun(await running());
    const change = set('runs', Number(run?.id), "state = 'running'");
    await expect(change).rejects.toMatchObject(ILLEGAL);
  });

  it.each(['stop_requested_by', 'cancel_requested_by'])('keeps %s', async (column) => {
    const { run } = await claimed();
    await set('runs', run, `${column} = requested_by`);
    await expect(set('runs', run, `${column} = NULL`)).rejects.toMatchObject(ILLEGAL);
  });

  it.each(['heartbeat_at = now()', 'epoch = 9', 'stop_requested_by = requested_by'])(
    'that has finished has no %s any more',
    async (change) => {
      const { run } = await claimed();
      await set('runs', run, "state = 'finished', finished_at = now()");
      await expect(set('runs', run, change)).rejects.toMatchObject(ILLEGAL);
    },
  );
});

describe('a step', () => {
  it.each(STEP_STATUSES.flatMap((from) => STEP_STATUSES.map((to) => [from, to] as const)))(
    'goes from %s to %s as the rules say',
    async (from, to) => {
      const id = await running();
      await stepAt(id, from);
      const change = set('rollback_steps', id, `status = '${to}'`);
      if (from === to || stepChangeAllowed(from, to)) await change;
      else await expect(change).rejects.toMatchObject(ILLEGAL);
    },
  );

  it.each(['parts_done = 1', "xid = '8'", 'intent_part = 1', "status = 'running'"])(
    'that is committed has no %s',
    async (change) => {
      const id = await running();
      await stepAt(id, 'committed');
      await expect(set('rollback_steps', id, change)).rejects.toMatchObject(ILLEGAL);
      await set('rollback_steps', id, `verification = '{"ok":true}', finished_at = now()`);
    },
  );

  it.each([
    ["status = 'committing'", 'neither transaction nor part'],
    ['parts_done = 4', 'more parts than there are'],
    ['intent_part = 3', 'a part that is not there'],
    ['intent_part = -1', 'a part before the first'],
    ["tag = 'another'", 'another name'],
    ['position = 7', 'another place'],
  ])('never has %s: %s', async (change) => {
    const id = await running();
    await set('rollback_steps', id, "status = 'running'");
    await expect(set('rollback_steps', id, change)).rejects.toMatchObject(ILLEGAL);
  });

  it('brings its parts in one after the other, and none out again', async () => {
    const id = await running();
    await set('rollback_steps', id, "status = 'running'");
    await set('rollback_steps', id, "status = 'committing', intent_part = 0, xid = '7'");
    await set('rollback_steps', id, "status = 'running', parts_done = 1");
    await set('rollback_steps', id, "status = 'committing', intent_part = 1, xid = NULL");
    await expect(set('rollback_steps', id, "status = 'committed'")).rejects.toMatchObject(ILLEGAL);
    await set('rollback_steps', id, "status = 'running', parts_done = 2");
    await expect(set('rollback_steps', id, 'parts_done = 1')).rejects.toMatchObject(ILLEGAL);
    await set('rollback_steps', id, "status = 'committing', intent_part = 2, xid = '9'");
    await set('rollback_steps', id, "status = 'committed', parts_done = 3");
  });

  it.each(ROLLBACK_STATUSES.filter((status) => status !== 'running' && status !== 'unknown'))(
    'does not move while the rollback is %s',
    async (status) => {
      const id = await running(status);
      await expect(set('rollback_steps', id, "status = 'running'")).rejects.toMatchObject(ILLEGAL);
    },
  );

  it('is added and removed in a draft only', async () => {
    const id = await running();
    const remove = () => query('DELETE FROM backstep.rollback_steps WHERE rollback_id = $1', [id]);
    await expect(remove()).rejects.toMatchObject(ILLEGAL);
    const add = query("INSERT INTO backstep.rollback_steps VALUES ($1, 3, 'late')", [id]);
    await expect(add).rejects.toMatchObject(ILLEGAL);
    await expect(query('TRUNCATE backstep.rollback_steps')).rejects.toMatchObject(FORBIDDEN);
    await place(`UPDATE backstep.rollbacks SET status = 'draft' WHERE id = ${id}`);
    await remove();
  });

  it.each([
    [[]],
    [[true]],
    [[false]],
    [[true, true]],
    [[true, false]],
    [[false, true, true]],
    [[false, false]],
    [[true, false, false, true, true, false, true]],
  ])('has as many parts in the database as in the rules: %j', async (kinds: boolean[]) => {
    const statements = kinds.map((transactional, index) => ({ index, transactional }));
    const id = await insertRollback(control);
    const plan = { steps: [{ position: 0, statements }] };
    await query('UPDATE backstep.rollbacks SET plan = $2 WHERE id = $1', [id, plan]);
    expect(await query('SELECT backstep.parts_of_step($1, 0) AS parts', [id])).toEqual([
      { parts: partsOf(statements).length },
    ]);
  });
});

describe('a fence', () => {
  async function raised() {
    const rollback = await running();
    const [fence] = await query(
      "INSERT INTO backstep.fences (target, rollback_id, head_tag) VALUES ('t', $1, 'h') RETURNING id",
      [rollback],
    );
    return Number(fence?.id);
  }

  it.each([
    'release_requested_at = now()',
    'release_requested_by = (SELECT id FROM backstep.users LIMIT 1)',
    'refusals = -1',
    "target = 'another'",
  ])('never has %s', async (change) => {
    await expect(set('fences', await raised(), change)).rejects.toMatchObject(ILLEGAL);
  });

  it('is up again only when it is raised again', async () => {
    const fence = await raised();
    await set('fences', fence, 'released_at = now()');
    await expect(set('fences', fence, 'released_at = NULL')).rejects.toMatchObject(ILLEGAL);
    await expect(
      set('fences', fence, "released_at = now() + interval '1 hour'"),
    ).rejects.toMatchObject(ILLEGAL);
    await set('fences', fence, 'released_at = NULL, raised_at = clock_timestamp()');
  });
});

describe('a rescue copy', () => {
  async function copied() {
    const rollback = await running();
    const [rescue] = await query(
      `INSERT INTO backstep.rescues (rollback_id, target, position, statement_index, kind, subject, copy, rows, bytes, merge_sql)
       VALUES ($1::int, 't', 0, 0, 'table', 's', 'c' || $1::int, 1, 1, 'SELECT') RETURNING id`,
      [rollback],
    );
    return Number(rescue?.id);
  }

  it.each([
    'prune_requested_at = now()',
    'rows = 2',
    'bytes = -1',
    "copy = 'another'",
    "merge_sql = 'DROP'",
    "subject = 'x'",
  ])('never has %s', async (change) => {
    await expect(set('rescues', await copied(), change)).rejects.toMatchObject(ILLEGAL);
  });

  it('that was dropped stays dropped', async () => {
    const rescue = await copied();
    await set('rescues', rescue, 'pruned_at = now()');
    await expect(set('rescues', rescue, 'pruned_at = NULL')).rejects.toMatchObject(ILLEGAL);
  });
});

it('the database holds the pairs of the rules', async () => {
  const pairs = (rows: Record<string, string>[]) => rows.map((row) => Object.values(row)).sort();
  const ours = (changes: readonly (readonly [string, string, string])[]) =>
    changes.map(([from, to]) => [from, to]).sort();
  expect(pairs(await query('SELECT from_state, to_state FROM backstep.run_state_changes'))).toEqual(
    ours(RUN_CHANGES),
  );
  expect(
    pairs(await query('SELECT from_status, to_status FROM backstep.step_status_changes')),
  ).toEqual(ours(STEP_CHANGES));
});
