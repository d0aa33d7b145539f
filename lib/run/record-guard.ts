import { and, eq, isNull, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { appendRunEvents, type Ctx, tables } from '@/lib/control';
import { rollbackLabel } from '@/lib/core/rollback';
import type { RunKey } from './epoch';
import type { Guard } from './rights';

const { fences } = tables;

/** What stands guard once the first transaction of a run is in. */
export interface StandingGuard {
  guard: Guard;
  headTag: string;
  /**
   * Nobody of this run told: it was found on the target afterwards, or was not. What is written down
   * already of a guard that stands is left as it is.
   */
  found: boolean;
}

/**
 * Writes down what stands guard, in the transaction that records the first commit of a run. A later
 * rollback's guard replaces the one that was there: there is one on a target.
 */
export async function recordGuard(
  tx: Ctx,
  key: RunKey,
  { guard, headTag, found }: StandingGuard,
): Promise<void> {
  await tx.db
    .update(fences)
    .set({ releasedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(fences.target, key.target),
        isNull(fences.releasedAt),
        sql`${fences.rollbackId} IS DISTINCT FROM ${key.rollbackId}`,
      ),
    );
  const kind = { kind: guard.kind, why: guard.kind === 'watch' ? guard.why : null };
  const standing = and(eq(fences.rollbackId, key.rollbackId), isNull(fences.releasedAt));
  const [before] = await tx.db
    .select({ kind: fences.kind })
    .from(fences)
    .where(standing)
    .for('update');
  if (before && (found || before.kind === guard.kind)) {
    // The trigger has just been made anew, so that a release that was asked for before is not of this one.
    // Where somebody had dropped it, its count began anew as well.
    if (!found) {
      await tx.db
        .update(fences)
        .set({
          ...kind,
          raisedAt: sql`clock_timestamp()`,
          releaseRequestedAt: null,
          releaseRequestedBy: null,
          releaseError: null,
          refusals: sql`CASE WHEN ${fences.removedByHandAt} IS NULL THEN ${fences.refusals} ELSE 0 END`,
          removedByHandAt: null,
        })
        .where(standing);
    }
    return;
  }
  const anew = {
    ...kind,
    headTag,
    raisedAt: sql`clock_timestamp()`,
    releaseRequestedAt: null,
    releaseRequestedBy: null,
    releasedAt: null,
    releaseError: null,
    refusals: 0,
    lastRefusedAt: null,
    lookedAt: null,
    lookError: null,
    removedByHandAt: null,
    reapplied: [],
  };
  await tx.db
    .insert(fences)
    .values({ target: key.target, rollbackId: key.rollbackId, headTag, ...kind })
    // Released after a stop, and up again with the resume.
    .onConflictDoUpdate({ target: fences.rollbackId, set: anew });
  if (guard.kind === 'watch') {
    await appendRunEvents(tx, key, [
      { kind: 'watch.started', payload: { headTag, why: guard.why } },
    ]);
  }
  await appendAudit(tx, {
    action: guard.kind === 'watch' ? 'watch.start' : 'fence.raise',
    subject: rollbackLabel(key.rollbackId),
    target: key.target,
    outcome: 'done',
    payload: { head: headTag, ...(guard.kind === 'watch' ? { why: guard.why } : {}) },
  });
}
