import { and, desc, eq, isNotNull, lt, max, notInArray } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { findTarget } from '@/lib/config';
import { type Ctx, enqueueJob, inTransaction, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';

export const requestCheckInput = z.object({ target: z.string().min(1) });

/**
 * Has a target looked at now: its scripts proven, its live schema compared with the files. One look
 * at a time: while one is waiting or going on, this asks for nothing more.
 * @throws BackstepError `forbidden`, `not_found`
 */
export async function requestCheck(
  ctx: Ctx,
  input: z.infer<typeof requestCheckInput>,
): Promise<{ queued: boolean }> {
  requirePermission(ctx.actor, 'target.check');
  const target = findTarget(ctx.config, input.target);
  return inTransaction(ctx, async (tx) => {
    const queued = await queueCheck(tx, target.name);
    if (!queued) return { queued };
    await appendAudit(tx, {
      action: 'target.check',
      target: target.name,
      outcome: 'done',
      payload: {},
    });
    return { queued };
  });
}

/** @returns false when one is open already */
export async function queueCheck(ctx: Pick<Ctx, 'db'>, target: string): Promise<boolean> {
  const [added] = await ctx.db
    .insert(tables.targetChecks)
    .values({ target })
    .onConflictDoNothing()
    .returning({ id: tables.targetChecks.id });
  if (!added) return false;
  await enqueueJob(ctx, 'check_target', { checkId: added.id });
  await forgetOldChecks(ctx, target, added.id);
  return true;
}

/** How many looks of a target are kept, for whoever asks since when something is so. */
const KEPT = 20;

/** A look every quarter of an hour adds up. The newest ones stay, and the newest report on drift. */
async function forgetOldChecks(
  ctx: Pick<Ctx, 'db'>,
  target: string,
  newest: number,
): Promise<void> {
  const { targetChecks } = tables;
  const ofTarget = eq(targetChecks.target, target);
  const [oldest] = await ctx.db
    .select({ id: targetChecks.id })
    .from(targetChecks)
    .where(ofTarget)
    .orderBy(desc(targetChecks.id))
    .offset(KEPT - 1)
    .limit(1);
  if (!oldest) return;
  const [reported] = await ctx.db
    .select({ id: max(targetChecks.id) })
    .from(targetChecks)
    .where(and(ofTarget, isNotNull(targetChecks.drift)));
  await ctx.db
    .delete(targetChecks)
    .where(
      and(
        ofTarget,
        lt(targetChecks.id, oldest.id),
        notInArray(targetChecks.id, [newest, reported?.id ?? newest]),
      ),
    );
}
