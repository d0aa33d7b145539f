import { and, eq, sql } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { LEASE_MS } from './lease';
import { EpochLostError, RunRecord } from './run-record';
import { settle } from './settle';

const { runs, rollbacks } = tables;

/**
 * Takes over every run whose owner has let its lease lapse, on the control database's clock, and
 * settles it. The epoch rises first, so that the old owner, should it wake up, commits nothing.
 * @returns how many runs were taken over
 * @throws AggregateError when some could not be settled, after all have been tried; they lapse again
 */
export async function takeOverLapsedRuns(ctx: Ctx, executorId: string): Promise<number> {
  const lapsed = await ctx.db
    .update(runs)
    .set({ epoch: sql`${runs.epoch} + 1`, executorId, heartbeatAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(runs.state, 'running'),
        sql`${runs.heartbeatAt} < clock_timestamp() - make_interval(secs => ${LEASE_MS / 1_000})`,
      ),
    )
    .returning({ id: runs.id, rollbackId: runs.rollbackId, epoch: runs.epoch });
  const faults: unknown[] = [];
  for (const run of lapsed) {
    // One that can't be settled must not keep the others waiting.
    await settleAs(ctx, run).catch((cause: unknown) => faults.push(cause));
  }
  if (faults.length > 0) throw new AggregateError(faults, 'lapsed runs could not be settled');
  return lapsed.length;
}

/** A person asked to look again at an unknown outcome; the lease need not lapse for that. */
export async function reconcileNow(
  ctx: Ctx,
  rollbackId: number,
  executorId: string,
): Promise<void> {
  const [run] = await ctx.db
    .update(runs)
    .set({ epoch: sql`${runs.epoch} + 1`, executorId, heartbeatAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(runs.rollbackId, rollbackId),
        eq(runs.state, 'running'),
        sql`EXISTS (SELECT FROM ${rollbacks} WHERE ${rollbacks.id} = ${rollbackId} AND ${rollbacks.status} = 'unknown')`,
      ),
    )
    .returning({ id: runs.id, rollbackId: runs.rollbackId, epoch: runs.epoch });
  if (run) await settleAs(ctx, run);
}

async function settleAs(
  ctx: Ctx,
  run: { id: number; rollbackId: number; epoch: number },
): Promise<void> {
  const [row] = await ctx.db
    .select({ target: rollbacks.target })
    .from(rollbacks)
    .where(eq(rollbacks.id, run.rollbackId));
  const record = new RunRecord(ctx, {
    rollbackId: run.rollbackId,
    runId: run.id,
    epoch: run.epoch,
    target: row?.target ?? '',
  });
  try {
    await settle(ctx, run.rollbackId, record);
  } catch (cause) {
    if (!(cause instanceof EpochLostError)) throw cause;
  }
}
