import { and, desc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import { type Ctx, tables } from '@/lib/control';
import type { DriftReport, TargetCheck } from '@/lib/core/evidence';

const { targetChecks } = tables;

const iso = (value: string): string => new Date(value).toISOString();

/** What is known of a target's checks. */
export interface CheckState {
  /** The newest one, waiting, going on or over. */
  latest: TargetCheck | null;
  /** The newest report on drift, whichever check made it. */
  drift: DriftReport | null;
}

/** Before the first check. */
export const UNCHECKED: CheckState = { latest: null, drift: null };

/** The newest check and the newest drift report of each target, by its name. */
export async function readChecks(
  ctx: Pick<Ctx, 'db'>,
  targets: readonly string[],
): Promise<Map<string, CheckState>> {
  if (targets.length === 0) return new Map();
  const ofTargets = inArray(targetChecks.target, [...targets]);
  const latest = await ctx.db
    .selectDistinctOn([targetChecks.target])
    .from(targetChecks)
    .where(ofTargets)
    .orderBy(targetChecks.target, desc(targetChecks.id));
  const drifts = await ctx.db
    .selectDistinctOn([targetChecks.target], {
      target: targetChecks.target,
      drift: targetChecks.drift,
    })
    .from(targetChecks)
    .where(and(ofTargets, isNotNull(targetChecks.drift)))
    .orderBy(targetChecks.target, desc(targetChecks.id));
  return new Map(
    targets.map((target) => {
      const row = latest.find((one) => one.target === target);
      return [
        target,
        {
          latest: row ? checkOf(row) : null,
          drift: drifts.find((one) => one.target === target)?.drift ?? null,
        },
      ];
    }),
  );
}

function checkOf(row: typeof targetChecks.$inferSelect): TargetCheck {
  return {
    state: row.state,
    queuedAt: iso(row.queuedAt),
    startedAt: row.startedAt && iso(row.startedAt),
    finishedAt: row.finishedAt && iso(row.finishedAt),
    progress: row.progress,
    error: row.error,
    drift: row.drift,
  };
}

/** A check that this executor has taken on. */
export interface ClaimedCheck {
  id: number;
  target: string;
  executorId: string;
}

/** Takes a queued check on; undefined when somebody else has, or it does not exist. */
export async function claimCheck(
  ctx: Pick<Ctx, 'db'>,
  id: number,
  executorId: string,
): Promise<ClaimedCheck | undefined> {
  const [row] = await ctx.db
    .update(targetChecks)
    .set({ state: 'running', executorId, startedAt: sql`clock_timestamp()` })
    .where(and(eq(targetChecks.id, id), eq(targetChecks.state, 'queued')))
    .returning({ id: targetChecks.id, target: targetChecks.target });
  return row && { ...row, executorId };
}

/** @returns false when the check is no longer this executor's */
export async function writeCheck(
  ctx: Pick<Ctx, 'db'>,
  claim: ClaimedCheck,
  change: PgUpdateSetSource<typeof targetChecks>,
): Promise<boolean> {
  const written = await ctx.db
    .update(targetChecks)
    .set(change)
    .where(
      and(
        eq(targetChecks.id, claim.id),
        eq(targetChecks.state, 'running'),
        eq(targetChecks.executorId, claim.executorId),
      ),
    )
    .returning({ id: targetChecks.id });
  return written.length > 0;
}

/**
 * Ends the checks whose executors are dead.
 * @returns the ids of those that were ended here
 */
export async function interruptOrphanedChecks(
  ctx: Pick<Ctx, 'db'>,
  deadExecutorIds: readonly string[],
): Promise<number[]> {
  if (deadExecutorIds.length === 0) return [];
  const ended = await ctx.db
    .update(targetChecks)
    .set({
      state: 'interrupted',
      progress: null,
      error: 'The executor ended during this check. It is made again by itself.',
      finishedAt: sql`clock_timestamp()`,
    })
    .where(
      and(
        eq(targetChecks.state, 'running'),
        inArray(targetChecks.executorId, [...deadExecutorIds]),
      ),
    )
    .returning({ id: targetChecks.id });
  return ended.map(({ id }) => id);
}
