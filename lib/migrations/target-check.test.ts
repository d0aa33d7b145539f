import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Ctx, systemContext, tables } from '@/lib/control';
import type { Proof } from '@/lib/core/proof';
import { startTemporaryServer, type TemporaryServer } from '@/lib/embedded';
import {
  createSampleTarget,
  type SampleMigration,
  type SampleTarget,
  SHOP,
} from '@/lib/folders/sample-target.fixture';
import { adminUrl } from '@/lib/testing/database';
import {
  getMigrationPage,
  getTargetPage,
  interruptOrphanedChecks,
  keepChecked,
  performCheck,
  requestCheck,
} from '.';
import { createSampleControl, type SampleControl } from './sample-control.fixture';

let room: SampleControl;
const samples: SampleTarget[] = [];
// Roles belong to the whole server: those that other tests make meanwhile would count as left behind.
let scratch: TemporaryServer;
beforeAll(async () => {
  [room, scratch] = await Promise.all([createSampleControl(), startTemporaryServer()]);
});
afterEach(async () => {
  await Promise.all(samples.splice(0).map((sample) => sample.dispose()));
});
afterAll(async () => {
  await room.dispose();
  await scratch.stop();
});

async function shop(
  name: string,
  migrations: readonly SampleMigration[] = SHOP,
): Promise<{ sample: SampleTarget; ctx: Ctx; system: Ctx }> {
  const sample = await createSampleTarget(migrations, { name });
  samples.push(sample);
  await sample.migrate();
  const ctx = room.as(room.people.on_call, sample.target);
  return { sample, ctx, system: systemContext(room.control, ctx.config) };
}

const EXECUTOR = randomUUID();
const deps = () => ({
  executorId: EXECUTOR,
  scratchUrl: scratch.url,
  signal: new AbortController().signal,
});

async function check(ctx: Ctx, system: Ctx, target: string) {
  await requestCheck(ctx, { target });
  const queued = await newest(target);
  return performCheck(system, { checkId: queued?.id ?? 0 }, deps());
}

async function newest(target: string) {
  const rows = await room.control.db
    .select()
    .from(tables.targetChecks)
    .where(eq(tables.targetChecks.target, target))
    .orderBy(tables.targetChecks.id);
  return rows.at(-1);
}

const script = (sample: SampleTarget, name: string) => path.join(sample.target.rollbacks, name);

describe('a check of a target', () => {
  it('grades each script once for the same content, and the page shows it', async () => {
    const { sample, ctx, system } = await shop('graded');
    const unknown = await getTargetPage(ctx, { target: 'graded' });
    expect(unknown.lines.map(({ grade }) => grade)).toEqual([null, null, null, 'missing']);
    expect(unknown.summary).toMatchObject({ drift: null, checking: false });

    expect(await check(ctx, system, 'graded')).toBe('passed');
    const page = await getTargetPage(ctx, { target: 'graded' });
    expect(
      page.lines.map(({ tag, grade, losesData, verdict, undoChanges, coverage }) => [
        tag,
        grade,
        losesData,
        verdict,
        undoChanges,
        coverage,
      ]),
    ).toEqual([
      ['0003_coupons', 'exact', 'own', 'run', '−1 table', 'proven'],
      ['0002_order_note', 'exact', 'own', 'run', '−1 column', 'proven'],
      ['0001_orders', 'exact', 'own', 'run', '−1 table', 'proven'],
      ['0000_customers', 'missing', null, 'block', null, 'foundational'],
    ]);
    expect(page.summary.drift).toMatchObject({ state: 'none', objects: 0 });

    const kept = await room.control.db.select().from(tables.proofs);
    expect(await check(ctx, system, 'graded')).toBe('passed');
    expect(await room.control.db.select().from(tables.proofs)).toEqual(kept);

    await writeFile(script(sample, '0003_rollback.sql'), 'DROP INDEX IF EXISTS coupons_code;');
    expect((await getTargetPage(ctx, { target: 'graded' })).lines[0]?.grade).toBeNull();
    expect(await check(ctx, system, 'graded')).toBe('passed');
    const changed = await getMigrationPage(ctx, { target: 'graded', key: '0003_coupons' });
    expect(changed.line).toMatchObject({ grade: 'leaves_residue', coverage: 'acknowledge' });
    expect(changed.proof).toMatchObject({ residue: ['table public.coupons'], reapply: 'fails' });
  });

  it('tries again what told more of the server than of the script', async () => {
    const { ctx, system } = await shop('retried');
    await check(ctx, system, 'retried');
    const ofTarget = async () => (await getTargetPage(ctx, { target: 'retried' })).lines[0]?.grade;
    const lastly = async (proof: Partial<Proof>) => {
      for (const row of await room.control.db.select().from(tables.proofs)) {
        await room.control.db
          .update(tables.proofs)
          .set({ proof: { ...row.proof, ...proof } })
          .where(eq(tables.proofs.key, row.key));
      }
    };
    const error = (sqlstate: string) => ({
      error: { message: 'x', sqlstate, line: null, in: 'down' as const },
    });
    await lastly({ grade: 'unproven', ...error('42704') });
    expect(await ofTarget()).toBe('unproven');
    await check(ctx, system, 'retried');
    expect(await ofTarget()).toBe('exact');

    await lastly({ grade: 'fails', ...error('53200') });
    await check(ctx, system, 'retried');
    expect(await ofTarget()).toBe('exact');

    await lastly({ grade: 'fails', ...error('42P01') });
    await check(ctx, system, 'retried');
    expect(await ofTarget()).toBe('fails');
    await room.control.db.delete(tables.proofs);
  });

  it('stops the chain where the policy blocks a grade, and says what was seen', async () => {
    const { sample, ctx, system } = await shop('blocked');
    await writeFile(script(sample, '0002_rollback.sql'), 'DROP TABLE IF EXISTS reservations;');
    await check(ctx, system, 'blocked');
    const page = await getTargetPage(ctx, { target: 'blocked' });
    expect(page.barrier).toMatchObject({ code: 'blocked_by_policy', key: '0002_order_note' });
    expect(page.barrier?.message).toContain('runs without an error and undoes nothing');
    expect(page.lines.find(({ tag }) => tag === '0002_order_note')).toMatchObject({
      grade: 'no_effect',
      coverage: 'blocked',
    });
  });

  it('pairs a script that shares only the number when its round trip is exact', async () => {
    const { sample, ctx, system } = await shop('candidates');
    await rename(script(sample, '0003_rollback.sql'), script(sample, '0003_remove_coupons.sql'));
    // Not the text of the other tests: its proof would be known already.
    await writeFile(script(sample, '0003_remove_coupons.sql'), 'DROP TABLE coupons;');
    await rename(script(sample, '0002_rollback.sql'), script(sample, '0002_drop_feature.sql'));
    await writeFile(script(sample, '0002_drop_feature.sql'), 'DROP TABLE IF EXISTS orders;');
    const before = await getTargetPage(ctx, { target: 'candidates' });
    expect(before.barrier).toMatchObject({ code: 'ambiguous_rollback', key: '0003_coupons' });
    await check(ctx, system, 'candidates');
    const page = await getTargetPage(ctx, { target: 'candidates' });
    expect(page.lines[0]).toMatchObject({
      rollbackFile: '0003_remove_coupons.sql',
      pairedBy: 'proof',
      grade: 'exact',
    });
    expect(page.barrier).toMatchObject({ code: 'ambiguous_rollback', key: '0002_order_note' });
    expect(page.lines[1]).toMatchObject({
      rollbackFile: null,
      coverage: 'unusable',
      candidates: [{ file: '0002_drop_feature.sql', grade: 'removes_too_much' }],
    });
    expect(page.problems.map(({ file }) => file)).toEqual(['0002_drop_feature.sql']);
  });

  it('names what the live schema has and the files don’t', async () => {
    const { sample, ctx, system } = await shop('drifted');
    await sample.sql('CREATE INDEX orders_hotfix_idx ON orders (note)');
    await check(ctx, system, 'drifted');
    const page = await getTargetPage(ctx, { target: 'drifted' });
    expect(page.summary.drift).toMatchObject({ state: 'drifted', objects: 1 });
    expect(page.drift?.changes).toMatchObject([
      { change: 'added', kind: 'index', name: 'public.orders_hotfix_idx' },
    ]);
  });

  it('fails with a reason, and keeps secrets to itself', async () => {
    const { ctx, system } = await shop('unscratched');
    await requestCheck(ctx, { target: 'unscratched' });
    const queued = await newest('unscratched');
    const scratchUrl = 'postgres://me:a-secret@127.0.0.1:1/postgres';
    expect(
      await performCheck(system, { checkId: queued?.id ?? 0 }, { ...deps(), scratchUrl }),
    ).toBe('failed');
    const row = await newest('unscratched');
    expect(row).toMatchObject({ state: 'failed', progress: null });
    expect(row?.error).toMatch(/scratch server .* can’t be reached/);
    expect(row?.error).not.toContain('a-secret');
  });

  it('tries nothing on the server of a production database', async () => {
    const { sample, ctx, system } = await shop('own-server');
    const target = { ...sample.target, environment: 'production' as const };
    const config = { ...ctx.config, targets: [target] };
    await requestCheck({ ...ctx, config }, { target: 'own-server' });
    const input = { checkId: (await newest('own-server'))?.id ?? 0 };
    const own = { ...deps(), scratchUrl: adminUrl() };
    expect(await performCheck({ ...system, config }, input, own)).toBe('failed');
    expect((await newest('own-server'))?.error).toContain(
      "SCRATCH_DATABASE_URL leads to the server of 'own-server' itself",
    );
    await requestCheck({ ...ctx, config }, { target: 'own-server' });
    const again = { checkId: (await newest('own-server'))?.id ?? 0 };
    expect(await performCheck({ ...system, config }, again, deps())).toBe('passed');
  });

  it('is performed by one of two executors', async () => {
    const { ctx, system } = await shop('raced');
    await requestCheck(ctx, { target: 'raced' });
    const input = { checkId: (await newest('raced'))?.id ?? 0 };
    const ends = await Promise.all([
      performCheck(system, input, deps()),
      performCheck(system, input, { ...deps(), executorId: randomUUID() }),
    ]);
    expect(ends.sort()).toEqual(['not_claimed', 'passed']);
  });
});

describe('asking for a check', () => {
  it('asks for one at a time, and is on the record', async () => {
    const { ctx } = await shop('asked');
    expect(await requestCheck(ctx, { target: 'asked' })).toEqual({ queued: true });
    expect(await requestCheck(ctx, { target: 'asked' })).toEqual({ queued: false });
    const rows = await room.control.db
      .select()
      .from(tables.auditLog)
      .where(eq(tables.auditLog.target, 'asked'));
    expect(rows.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['target.check', 'done'],
    ]);
    const page = await getTargetPage(ctx, { target: 'asked' });
    expect(page.summary.checking).toBe(true);
  });

  it('is not for auditors', async () => {
    const { ctx } = await shop('forbidden');
    await expect(
      requestCheck({ ...ctx, actor: room.people.auditor }, { target: 'forbidden' }),
    ).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('keeping targets checked', () => {
  it('keeps the newest checks and the newest report on drift, and forgets the others', async () => {
    const { system } = await shop('pruned');
    const drift = {
      checkedAt: '',
      headTag: null,
      objectsCompared: 0,
      changes: [],
      unreplayable: '',
    };
    const at = new Date(Date.now() - 20 * 60_000).toISOString();
    await room.control.db.insert(tables.targetChecks).values(
      Array.from({ length: 60 }, (_, index) => ({
        target: 'pruned',
        state: 'failed' as const,
        finishedAt: at,
        drift: index === 3 ? drift : null,
      })),
    );
    expect(await keepChecked(system)).toEqual(['pruned']);
    const rows = await room.control.db
      .select()
      .from(tables.targetChecks)
      .where(eq(tables.targetChecks.target, 'pruned'))
      .orderBy(tables.targetChecks.id);
    expect(rows).toHaveLength(21);
    expect(rows[0]?.drift).toEqual(drift);
    expect(rows.at(-1)?.state).toBe('queued');
  });

  it('asks once, and again when a file has changed or the executor died', async () => {
    const { sample, system } = await shop('kept');
    expect(await keepChecked(system)).toEqual(['kept']);
    expect(await keepChecked(system)).toEqual([]);
    await performCheck(system, { checkId: (await newest('kept'))?.id ?? 0 }, deps());
    expect(await keepChecked(system)).toEqual([]);

    await writeFile(script(sample, '0003_rollback.sql'), 'DROP TABLE IF EXISTS coupons;');
    expect(await keepChecked(system)).toEqual(['kept']);
    await room.control.db
      .update(tables.targetChecks)
      .set({ state: 'running', executorId: EXECUTOR })
      .where(eq(tables.targetChecks.id, (await newest('kept'))?.id ?? 0));
    expect(await interruptOrphanedChecks(system, [EXECUTOR])).toHaveLength(1);
    expect(await keepChecked(system)).toEqual(['kept']);
  });

  it('asks again when the last check is old', async () => {
    const { ctx, system } = await shop('aged');
    await check(ctx, system, 'aged');
    expect(await keepChecked(system)).toEqual([]);
    await room.control.db
      .update(tables.targetChecks)
      .set({ finishedAt: new Date(Date.now() - 16 * 60_000).toISOString() })
      .where(eq(tables.targetChecks.target, 'aged'));
    expect(await keepChecked(system)).toEqual(['aged']);
  });
});
