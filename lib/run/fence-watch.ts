import { and, eq, isNull, ne, or, sql } from 'drizzle-orm';
import type pg from 'pg';
import { appendAudit } from '@/lib/audit';
import { appendEvent, type Ctx, inTransaction, loadFacts, tables } from '@/lib/control';
import type { AuditAction } from '@/lib/core/audit-actions';
import { BackstepError } from '@/lib/core/errors';
import type { ReappliedRow } from '@/lib/core/events';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import { type RollbackStatus, rollbackLabel } from '@/lib/core/rollback';
import {
  type FenceState,
  readFenceState,
  readIdentity,
  readingRefused,
  withTarget,
} from '@/lib/target';
import { fenceFindings, reappliedMessage } from './fence-findings';

const { fences, rollbacks } = tables;

/** A restore's fence is watched by the restore room. */
type Fence = typeof fences.$inferSelect & { rollbackId: number };

interface Standing {
  fence: Fence;
  plan: Plan;
  stepsDone: number;
  target: TargetConfig;
}

/** A target that hangs is looked at again in the next round, which must not come late for the others. */
const LOOK = { applicationName: 'backstep fence watch', connectMs: 2_500, timeLimitMs: 3_000 };

/**
 * Looks at each target where something keeps newer images from applying again what was undone: whether
 * the trigger still stands, whom it has refused, and whether rows have come back. What has changed since
 * the last look goes into the rollback's events and the history.
 */
export async function watchFences(ctx: Ctx): Promise<void> {
  const standing = await standingFences(ctx);
  const results = await Promise.allSettled(standing.map((one) => lookAt(ctx, one)));
  const faults = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (faults.length > 0) throw new AggregateError(faults, 'fences could not be looked at');
}

async function standingFences(ctx: Ctx): Promise<Standing[]> {
  const rows = await ctx.db
    .select({ fence: fences, plan: rollbacks.plan, stepsDone: rollbacks.stepsDone })
    .from(fences)
    .innerJoin(rollbacks, eq(rollbacks.id, fences.rollbackId))
    .where(isNull(fences.releasedAt));
  return rows.flatMap(({ fence, plan, stepsDone }) => {
    const target = ctx.config.targets.find(({ name }) => name === fence.target);
    const { rollbackId } = fence;
    return target && rollbackId !== null
      ? [{ fence: { ...fence, rollbackId }, plan, stepsDone, target }]
      : [];
  });
}

async function lookAt(ctx: Ctx, standing: Standing): Promise<void> {
  let state: FenceState;
  try {
    state = await readState(standing);
  } catch (cause) {
    if (!(cause instanceof BackstepError)) throw cause;
    await noteLook(ctx, standing.fence, cause.message);
    return;
  }
  await noteLook(ctx, standing.fence, null);
  const found = fenceFindings(standing.fence, standing.plan, standing.stepsDone, state);
  if (found.refusals !== null && found.refusals !== standing.fence.refusals)
    await recordRefusals(ctx, standing, found.refusals);
  if (!sameRows(found.reapplied, standing.fence.reapplied))
    await recordReapplied(ctx, standing, found.reapplied);
  // Last, as nothing is written any more about a fence that counts as released.
  if (found.removed) await recordRemoval(ctx, standing);
}

/** Only reads, and with `url`: behind `read_url` may be a standby that still shows what was before the run. */
async function readState({ plan, target }: Standing): Promise<FenceState> {
  const primary = { ...target, readUrl: target.url };
  try {
    return await withTarget(
      primary,
      'read',
      async (client) => {
        await requireSameDatabase(client, plan.database);
        return await readFenceState(client, plan.tracking);
      },
      LOOK,
    );
  } catch (cause) {
    throw readingRefused(primary, cause);
  }
}

async function requireSameDatabase(
  client: pg.Client,
  { systemIdentifier, name }: Plan['database'],
): Promise<void> {
  const identity = await readIdentity(client);
  if (identity.systemIdentifier !== systemIdentifier || identity.name !== name) {
    throw new BackstepError(
      'refused',
      `The configuration leads to another database than the one of this rollback: ${identity.name} on system ${identity.systemIdentifier}. Put url back.`,
    );
  }
  if (identity.inRecovery) {
    throw new BackstepError(
      'refused',
      'The server behind url is a standby now, and may not show yet what the primary holds. Point url at the primary.',
    );
  }
}

/** That somebody looked is worth a time, not an event. */
async function noteLook(ctx: Ctx, fence: Fence, error: string | null): Promise<void> {
  await ctx.db
    .update(fences)
    .set({ lookedAt: sql`clock_timestamp()`, lookError: error })
    .where(and(eq(fences.id, fence.id), isNull(fences.releasedAt)));
}

/** Nobody asked Backstep to take it down. From now on it counts as released, by nobody known. */
async function recordRemoval(ctx: Ctx, { fence }: Standing): Promise<void> {
  const message =
    'The fence’s trigger is gone, and nobody released it in Backstep: newer images can migrate again.';
  await record(ctx, fence, 'fence.removed_by_hand', { head: fence.headTag }, async (tx, status) => {
    // A run puts it up again, maybe since the target was looked at. Afterwards is early enough.
    if (status === 'running') return false;
    const gone = await tx.db
      .update(fences)
      .set({
        removedByHandAt: sql`clock_timestamp()`,
        releasedAt: sql`clock_timestamp()`,
        // Whoever asked in vain before has not released it.
        releaseRequestedAt: null,
        releaseRequestedBy: null,
        releaseError: null,
      })
      .where(
        and(
          eq(fences.id, fence.id),
          isNull(fences.releasedAt),
          // A release that is under way drops the trigger before it is written down.
          or(isNull(fences.releaseRequestedAt), sql`${fences.releaseError} IS NOT NULL`),
          // A run that was resumed meanwhile has raised it anew.
          eq(fences.raisedAt, fence.raisedAt),
        ),
      )
      .returning({ id: fences.id });
    if (gone.length === 0) return false;
    await appendEvent(tx, fence.rollbackId, 'fence.removed_by_hand', { message });
    return true;
  });
}

async function recordRefusals(ctx: Ctx, { fence }: Standing, total: number): Promise<void> {
  // Fewer than before: the counter was made anew, and counts from nothing.
  const count = total > fence.refusals ? total - fence.refusals : total;
  if (count === 0) return;
  await record(ctx, fence, 'fence.refused', { count, total }, async (tx) => {
    const counted = await tx.db
      .update(fences)
      .set({ refusals: total, lastRefusedAt: sql`clock_timestamp()` })
      .where(
        and(
          eq(fences.id, fence.id),
          isNull(fences.releasedAt),
          eq(fences.refusals, fence.refusals),
          eq(fences.raisedAt, fence.raisedAt),
        ),
      )
      .returning({ id: fences.id });
    if (counted.length === 0) return false;
    await appendEvent(tx, fence.rollbackId, 'fence.refused', { count, total });
    return true;
  });
}

async function recordReapplied(
  ctx: Ctx,
  { fence, plan }: Standing,
  rows: ReappliedRow[],
): Promise<void> {
  const known = new Set(fence.reapplied.map(({ hash, createdAt }) => `${hash} ${createdAt}`));
  const fresh = rows.filter(({ hash, createdAt }) => !known.has(`${hash} ${createdAt}`));
  const payload = { rows: fresh, message: reappliedMessage(fresh, plan.to.tag) };
  await record(ctx, fence, 'migration.reapplied', { rows: fresh }, async (tx) => {
    const seen = await tx.db
      .update(fences)
      .set({ reapplied: rows })
      .where(
        and(
          eq(fences.id, fence.id),
          isNull(fences.releasedAt),
          ne(fences.reapplied, rows),
          eq(fences.raisedAt, fence.raisedAt),
        ),
      )
      .returning({ id: fences.id });
    // Rows that have gone again need no alarm.
    if (seen.length === 0 || fresh.length === 0) return false;
    await appendEvent(tx, fence.rollbackId, 'migration.reapplied', payload);
    return true;
  });
}

/** One transaction for what is found, its event and its row in the history. */
async function record(
  ctx: Ctx,
  fence: Fence,
  action: AuditAction,
  payload: Record<string, unknown>,
  write: (tx: Ctx, status: RollbackStatus) => Promise<boolean>,
): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    // The rollback first, as everybody does who writes about a fence.
    const { row } = await loadFacts(tx, fence.rollbackId, { lock: true });
    if (!(await write(tx, row.status))) return;
    await appendAudit(tx, {
      action,
      subject: rollbackLabel(fence.rollbackId),
      target: fence.target,
      outcome: 'done',
      payload,
    });
  });
}

const sameRows = (a: readonly ReappliedRow[], b: readonly ReappliedRow[]): boolean =>
  a.length === b.length &&
  a.every((row, index) => row.hash === b[index]?.hash && row.createdAt === b[index]?.createdAt);
