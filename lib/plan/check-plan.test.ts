import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ctx, loadFacts, tables } from '@/lib/control';
import { pastGuards } from '@/lib/control/testing/fixture';
import type { RollbackStatus } from '@/lib/core/rollback';
import { editJournal, type SampleTarget } from '@/lib/folders/sample-target.fixture';
import { createTestCluster, createTestDatabase } from '@/lib/testing/database';
import { checkPlan, repinPlan } from '.';
import { createPlanRoom, DEPS, type PlanRoom } from './plan-room.fixture';

let it_: PlanRoom;
beforeAll(async () => {
  it_ = await createPlanRoom();
});
afterAll(() => it_.dispose());

interface Planned {
  sample: SampleTarget;
  id: number;
  label: string;
  ctx: Ctx;
}

/** A rollback with an approval on it, in the given status. */
async function planned(status: RollbackStatus = 'draft'): Promise<Planned> {
  const sample = await it_.shop();
  const { id, label, ctx } = await it_.plan(sample);
  await it_.approve(id, it_.room.people.reviewer);
  if (status === 'awaiting_approval') await it_.force(id, 'awaiting_approval');
  if (status === 'approved') await it_.force(id, 'awaiting_approval', 'approved');
  return { sample, id, label, ctx };
}

async function approvalsOf(id: number) {
  return it_.room.control.db
    .select()
    .from(tables.approvals)
    .where(eq(tables.approvals.rollbackId, id));
}

const messages = async ({ ctx, id }: Planned) =>
  (await checkPlan(ctx, id)).changes.map((change) => [change.kind, change.message]);

describe('a plan that still fits', () => {
  it('stays as it is, in every status', async () => {
    for (const status of ['draft', 'awaiting_approval', 'approved'] as const) {
      const plan = await planned(status);
      expect(await messages(plan)).toEqual([]);
      const row = await it_.row(plan.id);
      expect(row.status).toBe(status);
      expect(row.planCheck).toEqual({ checkedAt: expect.any(String), changes: [] });
      expect((await approvalsOf(plan.id))[0]?.voidedAt).toBeNull();
      expect(await it_.eventKinds(plan.id)).not.toContain('plan.changed');
    }
  });

  it('does not mind rows of data, another owner, or new files above the head', async () => {
    const plan = await planned('approved');
    await plan.sample.sql('INSERT INTO orders (id) SELECT generate_series(1, 100)');
    await writeFile(path.join(plan.sample.target.rollbacks, '0009_rollback.sql'), 'SELECT 1;');
    await writeFile(path.join(plan.sample.target.migrations, '0004_new.sql'), 'SELECT 1;');
    await editJournal(plan.sample.target, (journal) => {
      journal.entries.push({ idx: 4, version: '7', when: 9_738_575_677_204, tag: '0004_new' });
    });
    expect(await messages(plan)).toEqual([]);
    expect((await it_.row(plan.id)).status).toBe('approved');
  });
});

const CHANGES: [string, (sample: SampleTarget) => Promise<unknown>, string, RegExp][] = [
  [
    'a rollback script',
    ({ target }) => writeFile(path.join(target.rollbacks, '0002_rollback.sql'), 'SELECT 1;'),
    'rollback_file',
    /^0002_rollback\.sql changed: its sha256 was [0-9a-f]{12}, and is [0-9a-f]{12}\.$/,
  ],
  [
    'a rollback script’s line endings',
    ({ target }) =>
      writeFile(
        path.join(target.rollbacks, '0003_rollback.sql'),
        'DROP INDEX IF EXISTS coupons_code;\r\nDROP TABLE IF EXISTS coupons;',
      ),
    'rollback_file',
    /^0003_rollback\.sql changed/,
  ],
  [
    'a rollback script that is gone',
    ({ target }) => rm(path.join(target.rollbacks, '0003_rollback.sql')),
    'rollback_file',
    /^0003_rollback\.sql is gone from the rollbacks folder\.$/,
  ],
  [
    'a migration, also below the destination',
    ({ target }) => writeFile(path.join(target.migrations, '0000_customers.sql'), 'SELECT 1;'),
    'up_file',
    /^0000_customers\.sql changed: its sha256 was/,
  ],
  [
    'a migration that left the journal',
    ({ target }) => editJournal(target, (journal) => journal.entries.splice(3)),
    'up_file',
    /^0003_coupons is gone from the migrations folder\.$/,
  ],
  [
    'a journal entry',
    ({ target }) =>
      editJournal(target, (journal) => Object.assign(journal.entries[3] ?? {}, { when: 1 })),
    'up_file',
    /^0003_coupons has another entry in the journal/,
  ],
  [
    'a new tracking row',
    ({ sql }) =>
      sql("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('beef', 7)"),
    'tracking_rows',
    /^Tracking row 5 \(an unknown migration\) is new\.$/,
  ],
  [
    'a tracking row that is gone',
    ({ sql }) => sql('DELETE FROM drizzle.__drizzle_migrations WHERE id = 4'),
    'tracking_rows',
    /^Tracking row 4 \(0003_coupons\) is gone\.$/,
  ],
  [
    'a tracking row with another hash',
    ({ sql }) => sql("UPDATE drizzle.__drizzle_migrations SET hash = 'beef' WHERE id = 2"),
    'tracking_rows',
    /^Tracking row 2 \(0001_orders\) changed: its hash was [0-9a-f]{12}, and is beef\.$/,
  ],
  [
    'the tracking table itself',
    ({ sql }) => sql('DROP SCHEMA drizzle CASCADE'),
    'tracking_rows',
    /no table drizzle\.__drizzle_migrations/,
  ],
  [
    'the live schema',
    ({ sql }) => sql('ALTER TABLE orders ADD COLUMN hotfix int; DROP INDEX coupons_code'),
    'live_schema',
    /^The live schema changed: column public\.orders\.hotfix is new, index public\.coupons_code is gone\.$/,
  ],
];

describe.each(CHANGES)('a change of %s', (_, change, kind, message) => {
  it.each(['awaiting_approval', 'approved'] as const)('voids what was %s', async (status) => {
    const plan = await planned(status);
    await change(plan.sample);
    const found = await messages(plan);
    expect(found).toEqual([[kind, expect.stringMatching(message)]]);
    const text = found[0]?.[1] ?? '';

    const row = await it_.row(plan.id);
    expect(row.status).toBe('draft');
    expect(row.approvalRequestedAt).toBeNull();
    expect(row.planCheck?.changes).toHaveLength(1);
    expect(await approvalsOf(plan.id)).toEqual([
      expect.objectContaining({ voidedAt: expect.any(String), voidReason: text }),
    ]);
    expect((await it_.eventKinds(plan.id)).slice(-2)).toEqual(['plan.changed', 'status.changed']);
    expect((await it_.audit(plan.label)).at(-1)).toMatchObject({
      action: 'approval.void',
      actorId: 'backstep',
      payload: { was: status, approvals_voided: 1 },
    });

    // To look again changes nothing more.
    const before = await it_.eventKinds(plan.id);
    expect(await messages(plan)).toEqual(found);
    expect(await it_.eventKinds(plan.id)).toEqual(before);
  });
});

describe('a migration that was deployed meanwhile', () => {
  it('is named by its row and by what it made', async () => {
    const plan = await planned('approved');
    const { target } = plan.sample;
    const sql = 'CREATE TABLE refunds (id int);';
    await writeFile(path.join(target.migrations, '0004_refunds.sql'), sql);
    await editJournal(target, (journal) => {
      const when = 9_738_575_677_204;
      journal.entries.push({ idx: 4, version: '7', when, tag: '0004_refunds', breakpoints: true });
    });
    await plan.sample.migrate();
    expect(await messages(plan)).toEqual([
      ['tracking_rows', 'Tracking row 5 (0004_refunds) is new.'],
      ['live_schema', expect.stringMatching(/table public\.refunds is new/)],
    ]);
    expect((await it_.row(plan.id)).status).toBe('draft');
  });
});

describe('what can’t be read', () => {
  it('closes the gate and voids nothing', async () => {
    const plan = await planned('approved');
    const { target } = plan.sample;
    const gone = { ...target, readUrl: 'postgres://u:canary@127.0.0.1:1/gone' };
    const ctx = it_.room.as(it_.room.people.on_call, gone);
    const { changes } = await checkPlan(ctx, plan.id);
    expect(changes).toEqual([
      {
        kind: 'unreadable',
        subject: '127.0.0.1:1/gone',
        message: expect.stringMatching(/the connection was refused/),
      },
    ]);
    expect(JSON.stringify(changes)).not.toContain('canary');
    await rename(target.migrations, `${target.migrations}-away`);
    expect(await messages(plan)).toEqual([
      ['unreadable', expect.stringMatching(/_journal\.json does not exist/)],
    ]);
    expect((await it_.row(plan.id)).status).toBe('approved');
    expect((await approvalsOf(plan.id))[0]?.voidedAt).toBeNull();
    expect(await it_.eventKinds(plan.id)).not.toContain('plan.changed');
    await rename(`${target.migrations}-away`, target.migrations);
    expect(await messages(plan)).toEqual([]);
  });

  it('does not hide what has changed', async () => {
    const plan = await planned('approved');
    const { target } = plan.sample;
    await writeFile(path.join(target.rollbacks, '0002_rollback.sql'), 'SELECT 1;');
    const gone = { ...target, readUrl: 'postgres://u:p@127.0.0.1:1/gone' };
    const { changes } = await checkPlan(it_.room.as(it_.room.people.on_call, gone), plan.id);
    expect(changes.map((change) => change.kind)).toEqual(['rollback_file', 'unreadable']);
    expect((await it_.row(plan.id)).status).toBe('draft');
  });
});

describe('another database behind the same address', () => {
  it('is told by name, and by the identity of the cluster', async () => {
    const plan = await planned('approved');
    const cluster = await createTestCluster();
    const twin = await createTestDatabase({ server: cluster.url });
    const client = await twin.connect();
    const name = plan.sample.database.name;
    await client.query(`CREATE DATABASE ${name}`);
    await client.query(
      'CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial, hash text, created_at bigint)',
    );
    await client.end();
    const admin = new URL(twin.url);
    admin.pathname = `/${name}`;
    const elsewhere = { ...plan.sample.target, readUrl: twin.url };
    const { changes } = await checkPlan(it_.room.as(it_.room.people.on_call, elsewhere), plan.id);
    expect(changes).toEqual([
      expect.objectContaining({
        kind: 'database',
        message: expect.stringContaining('another database than the one that was planned for'),
      }),
    ]);
    expect((await it_.row(plan.id)).status).toBe('draft');
    await cluster.stop();
  });
});

describe('a rollback on its way', () => {
  it('is compared while it runs, and neither voided nor written', async () => {
    const plan = await planned('approved');
    await it_.force(plan.id, 'running');
    const before = await it_.row(plan.id);
    await writeFile(path.join(plan.sample.target.rollbacks, '0002_rollback.sql'), 'SELECT 1;');
    expect(await messages(plan)).toEqual([['rollback_file', expect.any(String)]]);
    expect(await it_.row(plan.id)).toEqual(before);
  });

  it('is compared from its clean step on when it stopped', async () => {
    const plan = await planned('approved');
    await it_.force(plan.id, 'running', 'stopped');
    const { db } = it_.room.control;
    await pastGuards({ db }, (past) =>
      past.update(tables.rollbacks).set({ stepsDone: 1 }).where(eq(tables.rollbacks.id, plan.id)),
    );
    await plan.sample.sql(
      'DROP TABLE coupons; DELETE FROM drizzle.__drizzle_migrations WHERE id = 4',
    );
    // The script of the first step has served; what becomes of it is nobody's concern any more.
    await rm(path.join(plan.sample.target.rollbacks, '0003_rollback.sql'));
    expect(await messages(plan)).toEqual([]);
    expect((await it_.row(plan.id)).planCheck?.changes).toEqual([]);

    await plan.sample.sql('DELETE FROM drizzle.__drizzle_migrations WHERE id = 3');
    expect(await messages(plan)).toEqual([
      ['tracking_rows', 'Tracking row 3 (0002_order_note) is gone.'],
    ]);
    const row = await it_.row(plan.id);
    expect(row.status).toBe('stopped');
    expect(row.planCheck?.changes).toHaveLength(1);
    expect((await approvalsOf(plan.id))[0]?.voidedAt).toBeNull();
  });

  it('keeps its last answer when it has ended', async () => {
    const plan = await planned();
    const last = await checkPlan(plan.ctx, plan.id);
    await it_.force(plan.id, 'cancelled');
    await plan.sample.database.drop();
    expect(await checkPlan(plan.ctx, plan.id)).toEqual(last);
  });
});

describe('pinning again', () => {
  it('takes the files and the database as they are now', async () => {
    const plan = await planned('approved');
    const { target } = plan.sample;
    await writeFile(
      path.join(target.rollbacks, '0003_rollback.sql'),
      'DROP TABLE IF EXISTS coupons;',
    );
    await plan.sample.sql('ALTER TABLE orders ADD COLUMN hotfix int');
    const before = await it_.row(plan.id);
    await expect(repinPlan(plan.ctx, { rollback: plan.label }, DEPS)).rejects.toMatchObject({
      code: 'gate_closed',
      message: 'Only a draft can be pinned again.',
    });
    await checkPlan(plan.ctx, plan.id);
    const { digest } = await repinPlan(plan.ctx, { rollback: plan.label }, DEPS);
    const row = await it_.row(plan.id);
    expect(digest).not.toBe(before.planDigest);
    expect(row).toMatchObject({ planDigest: digest, planCheck: null, status: 'draft' });
    expect(row.plan.steps[0]?.statements).toHaveLength(1);
    expect(row.plan.schemaFingerprint).not.toBe(before.plan.schemaFingerprint);
    expect(await messages(plan)).toEqual([]);
    expect((await it_.eventKinds(plan.id)).slice(-2)).toEqual(['plan.pinned', 'rehearsal.queued']);
    expect((await it_.audit(plan.label)).at(-1)).toMatchObject({
      action: 'rollback.repin',
      payload: { digest, former_digest: before.planDigest },
    });
    const facts = await loadFacts(plan.ctx, plan.id);
    expect(facts.input.rehearsal?.digest).toBe(digest);
    expect(facts.steps.map((step) => step.tag)).toEqual(['0003_coupons', '0002_order_note']);
  });

  it('voids approvals, and does not rehearse the same bytes twice', async () => {
    const plan = await planned();
    const before = await it_.row(plan.id);
    const { digest } = await repinPlan(plan.ctx, { rollback: plan.label }, DEPS);
    expect(digest).toBe(before.planDigest);
    expect((await approvalsOf(plan.id))[0]?.voidReason).toBe('The plan was pinned again.');
    const kinds = await it_.eventKinds(plan.id);
    expect(kinds.filter((kind) => kind === 'rehearsal.queued')).toHaveLength(1);
  });

  it('is refused to reviewers, and when the chain is broken now', async () => {
    const plan = await planned();
    const reviewer = it_.room.as(it_.room.people.reviewer, plan.sample.target);
    await expect(repinPlan(reviewer, { rollback: plan.label }, DEPS)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await rm(path.join(plan.sample.target.rollbacks, '0002_rollback.sql'));
    const before = await it_.row(plan.id);
    await expect(repinPlan(plan.ctx, { rollback: plan.label }, DEPS)).rejects.toMatchObject({
      code: 'plan_refused',
    });
    expect(await it_.row(plan.id)).toEqual(before);
  });
});
