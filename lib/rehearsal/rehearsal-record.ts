import { and, eq, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { appendEvent, type Ctx, inTransaction, tables } from '@/lib/control';
import type { RehearsalResult } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import { rollbackLabel } from '@/lib/core/rollback';

const { rehearsals, rollbacks } = tables;

/** A rehearsal that this executor has taken on. */
export interface ClaimedRehearsal {
  id: number;
  rollbackId: number;
  digest: string;
  target: string;
  executorId: string;
  plan: Plan;
  /** False when the plan was pinned again while the rehearsal waited. */
  planIsCurrent: boolean;
}

export interface RehearsalEnding {
  state: 'passed' | 'failed' | 'interrupted';
  result: RehearsalResult | null;
  message: string;
}

const clockTimestamp = sql<string>`clock_timestamp()`;

const stillOurs = (claim: Pick<ClaimedRehearsal, 'id' | 'executorId'>) =>
  and(
    eq(rehearsals.id, claim.id),
    eq(rehearsals.state, 'running'),
    eq(rehearsals.executorId, claim.executorId),
  );

/** Takes a queued rehearsal on; undefined when somebody else has, or it does not exist. */
export async function claimRehearsal(
  ctx: Ctx,
  rehearsalId: number,
  executorId: string,
): Promise<ClaimedRehearsal | undefined> {
  const [row] = await ctx.db
    .update(rehearsals)
    .set({ state: 'running', executorId, startedAt: clockTimestamp })
    .where(and(eq(rehearsals.id, rehearsalId), eq(rehearsals.state, 'queued')))
    .returning({
      id: rehearsals.id,
      rollbackId: rehearsals.rollbackId,
      digest: rehearsals.digest,
    });
  if (!row) return undefined;
  const [rollback] = await ctx.db
    .select({ plan: rollbacks.plan, digest: rollbacks.planDigest, target: rollbacks.target })
    .from(rollbacks)
    .where(eq(rollbacks.id, row.rollbackId));
  if (!rollback) throw new Error(`rehearsal ${row.id} has no rollback`);
  return {
    ...row,
    target: rollback.target,
    plan: rollback.plan,
    planIsCurrent: rollback.digest === row.digest,
    executorId,
  };
}

/** @returns false when the rehearsal is no longer this executor's */
export function recordProgress(
  ctx: Ctx,
  claim: ClaimedRehearsal,
  progress: { phase: string; done: number; total: number },
): Promise<boolean> {
  return inTransaction(ctx, async (tx) => {
    const updated = await tx.db
      .update(rehearsals)
      .set({ progress })
      .where(stillOurs(claim))
      .returning({ id: rehearsals.id });
    if (updated.length === 0) return false;
    await appendEvent(tx, claim.rollbackId, 'rehearsal.progress', {
      rehearsalId: claim.id,
      ...progress,
    });
    return true;
  });
}

/**
 * Writes the end of a rehearsal with its event and its audit row, or nothing at all.
 * @returns false when the rehearsal is no longer this executor's
 */
export function finishRehearsal(
  ctx: Ctx,
  claim: Pick<ClaimedRehearsal, 'id' | 'rollbackId' | 'digest' | 'target' | 'executorId'>,
  ending: RehearsalEnding,
): Promise<boolean> {
  return inTransaction(ctx, async (tx) => {
    const passed = ending.state === 'passed';
    const updated = await tx.db
      .update(rehearsals)
      .set({
        state: ending.state,
        result: ending.result,
        error: passed ? null : ending.message,
        progress: null,
        finishedAt: clockTimestamp,
      })
      .where(stillOurs(claim))
      .returning({ id: rehearsals.id });
    if (updated.length === 0) return false;
    await appendEvent(tx, claim.rollbackId, 'rehearsal.finished', {
      rehearsalId: claim.id,
      ok: passed,
      message: ending.message,
    });
    await appendAudit(tx, {
      action: 'rehearsal.finish',
      subject: rollbackLabel(claim.rollbackId),
      target: claim.target,
      outcome: passed ? 'done' : 'failed',
      payload: {
        rehearsal: claim.id,
        digest: claim.digest,
        state: ending.state,
        message: ending.message,
        mode: ending.result?.mode ?? null,
        drift: ending.result?.drift.length ?? null,
        steps: ending.result?.steps.length ?? null,
      },
    });
    return true;
  });
}
