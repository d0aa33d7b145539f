import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import type { Plan } from '@/lib/core/plan';
import { chainAbove } from '@/lib/core/views';
import { createSampleTarget, type SampleTarget, SHOP } from '@/lib/folders/sample-target.fixture';
import { getMigrationPage, getTargetPage, listTargets } from '.';
import { createSampleControl, type SampleControl } from './sample-control.fixture';

let room: SampleControl;
beforeAll(async () => {
  room = await createSampleControl();
});
afterAll(() => room.dispose());

const samples: SampleTarget[] = [];
afterAll(() => Promise.all(samples.map((sample) => sample.dispose())));

/** The shop with the first three of its four migrations applied. */
async function shop(name: string): Promise<SampleTarget> {
  const sample = await createSampleTarget(SHOP, { name });
  samples.push(sample);
  await sample.writeFolder(3);
  await sample.migrate();
  await sample.writeFolder();
  return sample;
}

const anyone = () => room.people.auditor;

describe('the page of a target', () => {
  it('shows every migration newest first, and where one can go back to', async () => {
    const { target, database } = await shop('page');
    const page = await getTargetPage(room.as(anyone(), target), { target: 'page' });
    expect(
      page.lines.map((line) => [
        line.key,
        line.state,
        line.coverage,
        line.rollbackFile,
        line.destination,
        chainAbove(page.lines, line.key).map((undone) => undone.number),
      ]),
    ).toEqual([
      ['0003_coupons', 'pending', 'pending', '0003_rollback.sql', false, []],
      ['0002_order_note', 'applied', 'present', '0002_rollback.sql', false, []],
      ['0001_orders', 'applied', 'present', '0001_rollback.sql', true, ['0002']],
      ['0000_customers', 'foundational', 'foundational', null, true, ['0002', '0001']],
    ]);
    expect(page.lines.map((line) => line.whyNot)).toEqual([
      '0003_coupons is not applied here, so there is no way back to it.',
      '0002_order_note is the head already.',
      null,
      null,
    ]);
    expect(page.barrier).toMatchObject({ code: 'foundational', key: '0000_customers' });
    expect(page.rollbackPattern).toBe('{number}_rollback.sql');
    expect(page.summary).toMatchObject({
      name: 'page',
      error: null,
      address: expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:\\d+/${database.name}$`)),
      headTag: '0002_order_note',
      headGeneratedAt: '2025-02-03T09:43:17.204Z',
      counts: { total: 4, applied: 3, pending: 1, changed: 0, unknown: 0, skipped: 0 },
      reachesBackTo: '0000',
      fence: null,
      openRollback: null,
    });
    expect(
      page.summary.coverage.map((cell) => [cell.number, cell.coverage, cell.undoable]),
    ).toEqual([
      ['0000', 'foundational', false],
      ['0001', 'present', true],
      ['0002', 'present', true],
      ['0003', 'pending', false],
    ]);
    expect(JSON.stringify(page)).not.toContain(new URL(target.url).password);
  });

  it('says where files and database disagree', async () => {
    const sample = await shop('odd');
    await writeFile(path.join(sample.target.migrations, '0001_orders.sql'), 'SELECT 1;');
    await sample.sql(`
      INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('beef', 1738575677205);
      DELETE FROM drizzle.__drizzle_migrations WHERE created_at = 1738575677204`);
    await writeFile(path.join(sample.target.rollbacks, '0009_rollback.sql'), 'SELECT 1;');
    const page = await getTargetPage(room.as(anyone(), sample.target), { target: 'odd' });
    expect(page.lines.map((line) => [line.key, line.state])).toEqual([
      ['0003_coupons', 'pending'],
      ['0002_order_note', 'applied'],
      ['0001_orders', 'changed'],
      ['unknown-4', 'unknown'],
      ['0000_customers', 'skipped'],
    ]);
    expect(page.summary.counts).toEqual({
      total: 5,
      applied: 3,
      pending: 1,
      changed: 1,
      unknown: 1,
      skipped: 1,
    });
    expect(page.problems).toEqual([
      expect.objectContaining({ code: 'stray_rollback_file', file: '0009_rollback.sql' }),
      expect.objectContaining({ code: 'unknown_row', file: 'drizzle.__drizzle_migrations' }),
    ]);
  });

  it('has a reason and no lines when the target can’t be read', async () => {
    const sample = await shop('broken');
    const ctx = room.as(anyone(), sample.target);
    await rm(path.join(sample.target.migrations, 'meta'), { recursive: true });
    const broken = await getTargetPage(ctx, { target: 'broken' });
    expect(broken.summary.error).toMatchObject({ code: 'journal_invalid' });
    expect(broken.lines).toEqual([]);
    await sample.sql('DROP SCHEMA drizzle CASCADE');
    expect((await getTargetPage(ctx, { target: 'broken' })).summary.error).toMatchObject({
      code: 'tracking_table_absent',
    });
    await expect(getTargetPage(ctx, { target: 'nowhere' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('gives up on a lock that somebody holds on the tracking table', {
    timeout: 15_000,
  }, async () => {
    const sample = await shop('locked');
    const blocker = await sample.database.connect();
    await blocker.query('BEGIN; LOCK TABLE drizzle.__drizzle_migrations');
    const page = await getTargetPage(room.as(anyone(), sample.target), { target: 'locked' });
    await blocker.end();
    expect(page.summary.error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('SQLSTATE 55P03'),
    });
  });
});

describe('the list of targets', () => {
  it('shows the open rollback and the fence of each', async () => {
    const sample = await shop('fenced');
    await sample.sql(`
      CREATE FUNCTION drizzle.backstep_fence() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE; END';
      CREATE TRIGGER backstep_fence BEFORE INSERT ON drizzle.__drizzle_migrations
        FOR EACH STATEMENT EXECUTE FUNCTION drizzle.backstep_fence()`);
    const ctx = room.as(anyone(), sample.target);
    const [bare] = await listTargets(ctx);
    expect(bare?.fence).toMatchObject({
      kind: 'trigger',
      headTag: '0002_order_note',
      raisedAt: null,
      rollback: null,
    });

    const plan = { from: { tag: 'b', number: '0002' }, to: { tag: 'a', number: '0001' } } as Plan;
    const [rollback] = await room.control.db
      .insert(tables.rollbacks)
      .values({
        target: 'fenced',
        environment: 'staging',
        reason: 'slow',
        incident: 'INC-7',
        requestedBy: room.people.on_call.id,
        plan,
        planDigest: '-',
        stepsTotal: 1,
      })
      .returning();
    const rollbackId = rollback?.id ?? 0;
    await room.control.db
      .insert(tables.fences)
      .values({ target: 'fenced', rollbackId, headTag: '0001_orders' });
    const [known] = await listTargets(ctx);
    expect(known?.openRollback).toEqual({
      label: `RB-000${rollbackId}`,
      status: 'draft',
      fromNumber: '0002',
      toNumber: '0001',
      requestedBy: 'Sample on_call',
      incident: 'INC-7',
    });
    expect(known?.fence).toMatchObject({
      headTag: '0001_orders',
      rollback: `RB-000${rollbackId}`,
      raisedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });

    await sample.sql(
      `COMMENT ON TRIGGER backstep_fence ON drizzle.__drizzle_migrations IS '{"rollback":"RB-0999","head":"0000_x"}'`,
    );
    expect((await listTargets(ctx))[0]?.fence).toMatchObject({
      kind: 'trigger',
      headTag: '0000_x',
      rollback: 'RB-0999',
      raisedAt: null,
      refusals: 0,
    });
    await sample.sql('DROP TRIGGER backstep_fence ON drizzle.__drizzle_migrations');
    expect((await listTargets(ctx))[0]?.fence).toBeNull();

    // A watch has nothing standing there.
    await room.control.db
      .update(tables.fences)
      .set({ kind: 'watch', why: 'The policy asks for none.' })
      .where(eq(tables.fences.rollbackId, rollbackId));
    const watched = {
      kind: 'watch',
      headTag: '0001_orders',
      rollback: `RB-000${rollbackId}`,
      why: 'The policy asks for none.',
    };
    expect((await listTargets(ctx))[0]?.fence).toMatchObject(watched);
    const away = { ...sample.target, readUrl: 'postgres://u@127.0.0.1:1/away' };
    expect((await listTargets(room.as(anyone(), away)))[0]?.fence).toMatchObject(watched);

    const copies = ['rb_1_s1', 'rb_1_s2'].map((copy, index) => ({
      rollbackId,
      target: 'fenced',
      position: 0,
      statementIndex: index,
      kind: 'table' as const,
      subject: 'table public.orders',
      copy: `backstep_rescue.${copy}`,
      rows: 3,
      bytes: 8192,
      mergeSql: 'INSERT …',
    }));
    await room.control.db.insert(tables.rescues).values(copies);
    await room.control.db
      .update(tables.rescues)
      .set({ prunedAt: new Date().toISOString() })
      .where(eq(tables.rescues.statementIndex, 0));
    const page = await getTargetPage(ctx, { target: 'fenced' });
    expect(page.rescues).toMatchObject([
      { copy: 'backstep_rescue.rb_1_s2', rollback: `RB-000${rollbackId}`, prunedAt: null },
    ]);
  });

  it('keeps a target that can’t be reached from failing the others', async () => {
    const good = await shop('good');
    const gone = { ...good.target, name: 'gone', readUrl: 'postgres://u:canary@127.0.0.1:1/gone' };
    const list = await listTargets(room.as(anyone(), gone, good.target));
    expect(list.map((summary) => [summary.name, summary.headTag, summary.error?.code])).toEqual([
      ['gone', null, 'target_unreachable'],
      ['good', '0002_order_note', undefined],
    ]);
    expect(list[0]?.error?.message).toMatch(/127\.0\.0\.1:1\/gone: the connection was refused/);
    expect(JSON.stringify(list)).not.toContain('canary');
  });

  it('is empty without targets', async () => {
    expect(await listTargets(room.as(anyone()))).toEqual([]);
  });
});

describe('the page of a migration', () => {
  it('has the SQL of both directions, the row and the neighbours', async () => {
    const { target } = await shop('one');
    const page = await getMigrationPage(room.as(anyone(), target), {
      target: 'one',
      key: '0002_order_note',
    });
    expect(page).toMatchObject({
      target: { name: 'one', environment: 'staging' },
      line: { key: '0002_order_note', head: true, state: 'applied' },
      up: { sql: SHOP[2]?.up },
      row: { id: 3, createdAt: '1738575797204' },
      rollback: { file: '0002_rollback.sql', sql: SHOP[2]?.down },
      newer: '0003_coupons',
      older: '0001_orders',
    });
    expect(page.row?.hash).toBe(page.up?.hash);
  });

  it('is not there for an unknown key', async () => {
    const { target } = await shop('none');
    await expect(
      getMigrationPage(room.as(anyone(), target), { target: 'none', key: '0042_x' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});
