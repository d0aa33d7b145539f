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
  return true;
}
