import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import { SYSTEM_ACTOR } from '@/lib/core/actor';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import { createSampleTarget, type SampleTarget, SHOP } from '@/lib/folders/sample-target.fixture';
import { cancelRollback, createRollback } from '.';
import { createPlanRoom, DEPS, type PlanRoom } from './plan-room.fixture';

let it_: PlanRoom;
beforeAll(async () => {
  it_ = await createPlanRoom();
});
afterAll(() => it_.dispose());

const input = (sample: SampleTarget, change: Record<string, unknown> = {}) => ({
  target: sample.target.name,
  to: '0001_orders',
  reason: 'Orders are slow',
  ...change,
});
const onCall = (sample: SampleTarget) => it_.room.as(it_.room.people.on_call, sample.target);

/** Nothing may be left of a refused rollback. */
async function expectNothing(sample: SampleTarget) {
  const { db } = it_.room.control;
  const left = await db
    .select()
    .from(tables.rollbacks)
    .where(eq(tables.rollbacks.target, sample.target.name));
  expect(left).toEqual([]);
}

describe('creating a rollback', () => {
  it('pins scripts, rows and schema under one digest, and queues the rehearsal', async () => {
    const sample = await it_.shop();
    const { id, label } = await createRollback(
      onCall(sample),
      input(sample, { reason: '  Orders are slow ', incident: 'INC-7' }),
      DEPS,
    );
    const row = await it_.row(id);
    const { plan } = row;
    expect(row).toMatchObject({
      target: sample.target.name,
      environment: 'staging',
      status: 'draft',
      reason: 'Orders are slow',
      incident: 'INC-7',
      requestedBy: it_.room.people.on_call.id,
      stepsDone: 0,
      stepsTotal: 2,
    });
    expect(plan).toMatchObject({
      database: { name: sample.database.name, systemIdentifier: expect.stringMatching(/^\d+$/) },
      from: { tag: '0003_coupons', number: '0003' },
      to: { tag: '0001_orders', number: '0001' },
      schemaFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(
      plan.steps.map((step) => [step.position, step.tag, step.rollbackFile, step.row.id]),
    ).toEqual([
      [0, '0003_coupons', '0003_rollback.sql', 4],
      [1, '0002_order_note', '0002_rollback.sql', 3],
    ]);
    expect(plan.steps[0]?.statements.map((statement) => statement.text)).toEqual([
      'DROP INDEX IF EXISTS coupons_code',
      'DROP TABLE IF EXISTS coupons',
    ]);
    expect(plan.steps[1]?.rollbackSql).toBe(SHOP[2]?.down);
    expect(plan.steps[1]?.rollbackSha256).toBe(sha256Hex(SHOP[2]?.down ?? ''));
    expect(plan.rows.map((one) => one.id)).toEqual([1, 2, 3, 4]);
    expect(plan.replay.map((one) => [one.tag, one.breakpoints])).toEqual(
      SHOP.map((migration) => [migration.tag, true]),
    );
    // The digest must also hold after the round trip through jsonb.
    expect(row.planDigest).toBe(sha256Hex(canonicalJson(plan)));

    const { db } = it_.room.control;
    const steps = await db
      .select()
      .from(tables.rollbackSteps)
      .where(eq(tables.rollbackSteps.rollbackId, id));
    expect(steps.map((step) => [step.position, step.tag, step.status])).toEqual([
      [0, '0003_coupons', 'pending'],
      [1, '0002_order_note', 'pending'],
    ]);
    const [rehearsal] = await db
      .select()
      .from(tables.rehearsals)
      .where(eq(tables.rehearsals.rollbackId, id));
    expect(rehearsal).toMatchObject({ digest: row.planDigest, state: 'queued' });
    expect(await it_.eventKinds(id)).toEqual(['plan.pinned', 'rehearsal.queued']);
    expect(await it_.audit(label)).toEqual([
      expect.objectContaining({
        action: 'rollback.create',
        outcome: 'done',
        target: sample.target.name,
        actorId: it_.room.people.on_call.id,
        payload: expect.objectContaining({ digest: row.planDigest, reason: 'Orders are slow' }),
      }),
    ]);
  });

  it('holds no connection string', async () => {
    const sample = await it_.shop();
    const { id } = await it_.plan(sample);
    expect(JSON.stringify(await it_.row(id))).not.toContain(new URL(sample.target.url).password);
  });

  it('works below a fence that is up already', async () => {
    const sample = await it_.shop();
    await sample.sql(`
      CREATE FUNCTION drizzle.backstep_fence() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE; END';
      CREATE TRIGGER backstep_fence BEFORE INSERT ON drizzle.__drizzle_migrations
        FOR EACH STATEMENT EXECUTE FUNCTION drizzle.backstep_fence()`);
    expect((await it_.plan(sample)).label).toMatch(/^RB-\d{4}$/);
  });

  it('takes a later migration for another state of the files, not of the chain', async () => {
    const sample = await createSampleTarget([...SHOP, { tag: '0004_later', up: 'SELECT 1;' }], {
      name: 'shop-later',
    });
    await sample.writeFolder(4);
    await sample.migrate();
    await sample.writeFolder(5);
    const { id } = await it_.plan(sample);
    const { plan } = await it_.row(id);
    expect(plan.from.tag).toBe('0003_coupons');
    expect(plan.replay).toHaveLength(4);
    await sample.dispose();
  });
});

describe('a rollback is refused, and nothing is left of it', () => {
  it('to those who may only read or review', async () => {
    const sample = await it_.shop();
    for (const person of [it_.room.people.reviewer, it_.room.people.auditor]) {
      await expect(
        createRollback(it_.room.as(person, sample.target), input(sample), DEPS),
      ).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(
      createRollback(it_.room.as(SYSTEM_ACTOR, sample.target), input(sample), DEPS),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await expectNothing(sample);
  });

  it.each([
    [{ reason: '   ' }, 'reason'],
    [{ reason: 'x'.repeat(2_001) }, 'reason'],
    [{ incident: 'x'.repeat(201) }, 'incident'],
    [{ to: '' }, 'to'],
  ])('for bad input %#', async (change, field) => {
    const sample = await it_.shop();
    await expect(createRollback(onCall(sample), input(sample, change), DEPS)).rejects.toMatchObject(
      {
        code: 'invalid_input',
        details: { field },
      },
    );
    await expectNothing(sample);
  });

  it('where there is no such target', async () => {
    const sample = await it_.shop();
    await expect(
      createRollback(onCall(sample), input(sample, { target: 'nowhere' }), DEPS),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each<[string, (sample: SampleTarget) => Promise<unknown>, string, string]>([
    [
      'a script is missing',
      ({ target }) => rm(path.join(target.rollbacks, '0002_rollback.sql')),
      'plan_refused',
      '0002_order_note has no rollback script',
    ],
    [
      'a script is empty',
      ({ target }) => writeFile(path.join(target.rollbacks, '0003_rollback.sql'), ' \n'),
      'plan_refused',
      'The rollback script of 0003_coupons can’t be used',
    ],
    [
      'a script is not UTF-8',
      ({ target }) =>
        writeFile(path.join(target.rollbacks, '0003_rollback.sql'), Buffer.from([0x2d, 0xff])),
      'plan_refused',
      'UTF-8',
    ],
    [
      'a script commits by itself',
      ({ target }) =>
        writeFile(
          path.join(target.rollbacks, '0003_rollback.sql'),
          'SELECT 1;\nCOMMIT;\nSELECT 2;',
        ),
      'plan_refused',
      '0003_rollback.sql, line 2:',
    ],
    [
      'a migration was changed after it was applied',
      ({ target }) => writeFile(path.join(target.migrations, '0002_order_note.sql'), 'SELECT 1;'),
      'plan_refused',
      '0002_order_note was changed after it was applied',
    ],
    [
      'a row belongs to no file',
      ({ sql }) =>
        sql(
          "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('beef', 9738575677204)",
        ),
      'plan_refused',
      'Row 5 of the tracking table belongs to no file',
    ],
    [
      'a migration file is missing',
      ({ target }) => rm(path.join(target.migrations, '0002_order_note.sql')),
      'plan_refused',
      '0002_order_note.sql is in the journal and not in the folder',
    ],
    [
      'the tracking table is absent',
      ({ sql }) => sql('DROP SCHEMA drizzle CASCADE'),
      'tracking_table_absent',
      'no table drizzle.__drizzle_migrations',
    ],
    [
      'the rollbacks folder is gone',
      ({ target }) => rm(target.rollbacks, { recursive: true }),
      'rollback_folder_invalid',
      'does not exist',
    ],
  ])('when %s', async (_, spoil, code, message) => {
    const sample = await it_.shop();
    await spoil(sample);
    const error = await createRollback(onCall(sample), input(sample), DEPS).catch(
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(BackstepError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    await expectNothing(sample);
  });

  it('when it would go below the foundation, or nowhere', async () => {
    const sample = await it_.shop({ foundation: '0001' });
    const to = (key: string) => createRollback(onCall(sample), input(sample, { to: key }), DEPS);
    await expect(to('0000_customers')).rejects.toMatchObject({
      code: 'plan_refused',
      message: expect.stringContaining('restoring from a backup'),
    });
    await expect(to('0003_coupons')).rejects.toMatchObject({
      details: { code: 'already_head' },
    });
    await expect(to('0042_x')).rejects.toMatchObject({ code: 'plan_refused' });
    await expectNothing(sample);
    await expect(to('0001_orders')).resolves.toMatchObject({ label: expect.any(String) });
  });

  it('when the target can’t be reached', async () => {
    const sample = await it_.shop();
    const gone = { ...sample.target, readUrl: 'postgres://u:p@127.0.0.1:1/gone' };
    await expect(
      createRollback(it_.room.as(it_.room.people.on_call, gone), input(sample), DEPS),
    ).rejects.toMatchObject({ code: 'target_unreachable' });
    await expectNothing(sample);
  });

  it('when the rehearsal can’t be queued', async () => {
    const sample = await it_.shop();
    const broken = { queueRehearsal: () => Promise.reject(new Error('no queue')) };
    await expect(createRollback(onCall(sample), input(sample), broken)).rejects.toThrow('no queue');
    await expectNothing(sample);
  });
});

describe('one target has one open rollback', () => {
  it('until that is cancelled', async () => {
    const sample = await it_.shop();
    const first = await it_.plan(sample);
    await expect(it_.plan(sample)).rejects.toMatchObject({
      code: 'conflict',
      message: `${first.label} is open on '${sample.target.name}' (Draft). Open it and bring it to its end, or cancel it, before you create another.`,
    });
    await cancelRollback(first.ctx, { rollback: first.label });
    await expect(it_.plan(sample)).resolves.toMatchObject({ label: expect.any(String) });
  });

  it('also when several people press at once', async () => {
    const sample = await it_.shop();
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => it_.plan(sample)));
    const lost = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(lost).toHaveLength(3);
    for (const reason of lost) expect(reason).toMatchObject({ code: 'conflict' });
  });
});
