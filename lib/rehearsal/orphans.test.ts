import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import {
  checkDatabaseName,
  createScratchDatabase,
  dropOrphanedScratch,
  rehearsalDatabaseName,
} from '@/lib/scratch';
import { adminUrl } from '@/lib/testing/database';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import { interruptOrphanedRehearsals } from '.';
import {
  auditOf,
  EXECUTOR,
  eventsOf,
  MIGRATIONS,
  queue,
  rehearsalRow,
  scratchDatabases,
  systemCtx,
} from './rehearsal.test-setup';

let planned: PlannedRollback;
beforeEach(async () => {
  planned = await planRollback({ migrations: MIGRATIONS, undo: 1 });
});
afterEach(() => planned.close());

/** What a killed executor leaves behind. */
async function leaveBehind() {
  const id = await queue(planned);
  await planned.control.db
    .update(tables.rehearsals)
    .set({ state: 'running', executorId: EXECUTOR })
    .where(eq(tables.rehearsals.id, id));
  const { serverVersionNum } = planned.plan.database;
  const name = await rehearsalDatabaseName(systemCtx(planned), id);
  const scratch = await createScratchDatabase({ scratchUrl: adminUrl(), name, serverVersionNum });
  return { id, scratch };
}

describe('rehearsals of a dead executor', () => {
  it('are marked as interrupted, once', async () => {
    const { id, scratch } = await leaveBehind();
    const ended = await Promise.all([
      interruptOrphanedRehearsals(systemCtx(planned), [EXECUTOR]),
      interruptOrphanedRehearsals(systemCtx(planned), [EXECUTOR]),
    ]);
    expect(ended.flat()).toEqual([id]);
    expect(await rehearsalRow(planned, id)).toMatchObject({
      state: 'interrupted',
      error: 'The executor ended during this rehearsal. Rehearse again.',
    });
    expect(await eventsOf(planned, 'rehearsal.finished')).toMatchObject([
      { payload: { ok: false } },
    ]);
    expect((await auditOf(planned)).at(-1)).toMatchObject({
      action: 'rehearsal.finish',
      outcome: 'failed',
    });
    await scratch.drop();
  });

  it('do not include those of living executors', async () => {
    const { id, scratch } = await leaveBehind();
    expect(await interruptOrphanedRehearsals(systemCtx(planned), [])).toEqual([]);
    expect(await rehearsalRow(planned, id)).toMatchObject({ state: 'running' });
    await scratch.drop();
  });
});

describe('scratch databases that were left over', () => {
  it('are dropped although a session is still in them, once their rehearsal has ended', async () => {
    const { scratch } = await leaveBehind();
    const session = await scratch.connect();
    expect(await dropOrphanedScratch(systemCtx(planned), adminUrl())).toEqual([]);
    expect(await scratchDatabases(planned)).toEqual([scratch.name]);
    await interruptOrphanedRehearsals(systemCtx(planned), [EXECUTOR]);
    expect(await dropOrphanedScratch(systemCtx(planned), adminUrl())).toEqual([scratch.name]);
    expect(await scratchDatabases(planned)).toEqual([]);
    await session.end().catch(() => undefined);
  });

  it('are dropped with their copies and proofs, also those of checks', async () => {
    const ctx = systemCtx(planned);
    const { serverVersionNum } = planned.plan.database;
    const [check] = await planned.control.db
      .insert(tables.targetChecks)
      .values({ target: planned.target.name, state: 'running' })
      .returning({ id: tables.targetChecks.id });
    const { scratch } = await leaveBehind();
    const checked = await checkDatabaseName(ctx, check?.id ?? 0);
    const dead = await checkDatabaseName(ctx, (check?.id ?? 0) + 10);
    const others = [`${scratch.name}_clone`, checked, `${checked}_proof_3`, dead, `${dead}_proof`];
    for (const name of others) {
      await createScratchDatabase({ scratchUrl: adminUrl(), name, serverVersionNum });
    }
    // Those of what is going on stay, whatever is behind the number.
    expect(await dropOrphanedScratch(ctx, adminUrl())).toEqual([dead, `${dead}_proof`]);
    await interruptOrphanedRehearsals(ctx, [EXECUTOR]);
    await planned.control.db.update(tables.targetChecks).set({ state: 'failed' });
    expect(await dropOrphanedScratch(ctx, adminUrl())).toEqual([
      scratch.name,
      `${scratch.name}_clone`,
      checked,
      `${checked}_proof_3`,
    ]);
  });

  it('of another installation stay, though its rehearsals have the same numbers', async () => {
    const { scratch } = await leaveBehind();
    const other = await planRollback({ migrations: MIGRATIONS, undo: 1 });
    expect(await dropOrphanedScratch(systemCtx(other), adminUrl())).toEqual([]);
    expect(await scratchDatabases(planned)).toEqual([scratch.name]);
    await other.close();
    await scratch.drop();
  });
});
