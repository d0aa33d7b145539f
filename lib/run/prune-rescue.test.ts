import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadFacts, readEvents, tables } from '@/lib/control';
import { requeueForgotten } from '@/lib/executor/requeue';
import { readRescueCopies, rescueBefore } from '@/lib/rescue';
import { performRescuePrune, pruneRescue } from '.';
import { createRunRoom, type ReadyRollback, type RunRoom } from './run.fixture';

let room: RunRoom;
let ready: ReadyRollback;

beforeAll(async () => {
  room = await createRunRoom();
});
afterAll(async () => {
  await room.dispose();
});

/** A rollback that was given up after its copies were made. */
beforeEach(async () => {
  ready = await room.ready();
  const client = await ready.sample.database.connect();
  await client.query('CREATE TABLE extra AS SELECT 1 AS id; BEGIN');
  const copies = await rescueBefore(client, {
    rollback: ready.label,
    position: 0,
    limitBytes: 1e9,
    statement: { index: 0, text: 'DROP TABLE extra' },
  });
  await client.query('DROP TABLE extra; COMMIT');
  await client.end();
  for (const copy of copies) {
    await ready.system.db.insert(tables.rescues).values({
      rollbackId: ready.id,
      target: ready.sample.target.name,
      position: 0,
      statementIndex: 0,
      ...copy,
    });
  }
});

async function onTarget(): Promise<string[]> {
  const client = await ready.sample.database.connect();
  const copies = await readRescueCopies(client, ready.label);
  await client.end();
  return copies.map(({ copy }) => copy);
}

async function row() {
  const [found] = await ready.system.db
    .select()
    .from(tables.rescues)
    .where(eq(tables.rescues.rollbackId, ready.id));
  return found;
}

const acts = async () =>
  (
    await ready.system.db
      .select({ action: tables.auditLog.action, outcome: tables.auditLog.outcome })
      .from(tables.auditLog)
      .where(eq(tables.auditLog.subject, ready.label))
      .orderBy(tables.auditLog.seq)
  )
    .filter(({ action }) => action.startsWith('rescue.'))
    .map(({ action, outcome }) => `${action} ${outcome}`);

describe('pruning rescue copies', () => {
  it('drops them on the target, and tells it in events and history', async () => {
    expect(await onTarget()).toHaveLength(1);
    await pruneRescue(ready.ctx, { rollback: ready.label });
    expect((await row())?.pruneRequestedAt).not.toBeNull();
    await performRescuePrune(ready.system, ready.id);
    expect(await onTarget()).toEqual([]);
    expect((await row())?.prunedAt).not.toBeNull();
    const events = await readEvents(ready.system, ready.id);
    expect(events.at(-1)).toMatchObject({
      kind: 'rescue.pruned',
      payload: { copies: [expect.stringMatching(/^backstep_rescue\.rb_/)] },
    });
    expect(await acts()).toEqual(['rescue.prune_request done', 'rescue.prune done']);
    // A job that comes twice finds nothing to do.
    await performRescuePrune(ready.system, ready.id);
    expect(await acts()).toHaveLength(2);
    await expect(pruneRescue(ready.ctx, { rollback: ready.label })).rejects.toThrow(
      'There is no rescue copy.',
    );
  });

  it('is possible after the rollback was given up', async () => {
    await room.room.force(ready.id, 'approved', 'cancelled');
    await pruneRescue(ready.ctx, { rollback: ready.label });
    await performRescuePrune(ready.system, ready.id);
    expect(await onTarget()).toEqual([]);
  });

  it('is not possible for others than on-call and administrators', async () => {
    const { reviewer } = room.room.room.people;
    const ctx = { ...ready.ctx, actor: { ...reviewer, kind: 'user' as const } };
    await expect(pruneRescue(ctx, { rollback: ready.label })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect((await row())?.pruneRequestedAt).toBeNull();
  });

  it('writes down why it failed, and may be asked for again', async () => {
    const client = await ready.sample.database.connect();
    const [copy] = await onTarget();
    await client.query(`BEGIN; LOCK TABLE ${copy} IN ACCESS SHARE MODE`);
    await pruneRescue(ready.ctx, { rollback: ready.label });
    await expect(pruneRescue(ready.ctx, { rollback: ready.label })).rejects.toThrow(
      'The rescue copies are being dropped.',
    );
    await performRescuePrune(ready.system, ready.id);
    expect((await row())?.pruneError).toMatch(/could not be dropped: .*lock timeout/);
    expect(await onTarget()).toEqual([copy]);
    await client.query('COMMIT');
    await client.end();
    // A second job for the same request comes after its answer.
    await performRescuePrune(ready.system, ready.id);
    expect(await onTarget()).toEqual([copy]);
    await pruneRescue(ready.ctx, { rollback: ready.label });
    await performRescuePrune(ready.system, ready.id);
    expect(await onTarget()).toEqual([]);
    expect(await acts()).toEqual([
      'rescue.prune_request done',
      'rescue.prune failed',
      'rescue.prune_request done',
      'rescue.prune done',
    ]);
  });

  it('is queued again when its executor died with the job', async () => {
    await pruneRescue(ready.ctx, { rollback: ready.label });
    const queued = async () =>
      (
        await ready.system.db.execute(
          sql`SELECT FROM graphile_worker.jobs WHERE task_identifier = 'prune_rescues'`,
        )
      ).rowCount;
    await ready.system.db.execute(
      sql`SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs WHERE task_identifier = 'prune_rescues'`,
    );
    await requeueForgotten(ready.system);
    expect(await queued()).toBe(0);
    await ready.system.db
      .update(tables.rescues)
      .set({ pruneRequestedAt: sql`clock_timestamp() - interval '1 minute'` })
      .where(eq(tables.rescues.rollbackId, ready.id));
    await requeueForgotten(ready.system);
    expect(await queued()).toBe(1);
  });

  it('leaves a table of that name that is another copy', async () => {
    const client = await ready.sample.database.connect();
    const [copy] = await onTarget();
    const { rows } = await client.query<{ comment: string }>(
      "SELECT replace(obj_description($1::regclass, 'pg_class'), 'extra', 'other') AS comment",
      [copy],
    );
    await client.query(
      `COMMENT ON TABLE ${copy} IS ${client.escapeLiteral(rows[0]?.comment ?? '')}`,
    );
    await client.end();
    await pruneRescue(ready.ctx, { rollback: ready.label });
    await performRescuePrune(ready.system, ready.id);
    expect((await row())?.pruneError).toMatch(/holds something else/);
    expect(await onTarget()).toHaveLength(1);
  });

  it('shows what is left in the facts of the rollback', async () => {
    const { input } = await loadFacts(ready.system, ready.id);
    expect(input.rescues).toMatchObject([
      { rollback: ready.label, kind: 'table', subject: 'table public.extra', rows: 1 },
    ]);
  });
});
