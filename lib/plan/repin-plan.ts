import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type Ctx,
  findRollback,
  inTransaction,
  loadFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { rollbackLabel } from '@/lib/core/rollback';
import { buildPlan } from './build-plan';
import { type PinDeps, pinSteps } from './pin-steps';
import { voidApprovals } from './void-approvals';

const { rollbacks } = tables;

export const repinPlanInput = z.object({ rollback: z.string() });

/**
 * Pins a draft anew: the same destination, with files and database as they are now. What was approved
 * before was another plan.
 * @throws BackstepError `forbidden`, `not_found`, `gate_closed`, `plan_refused`, and whatever keeps
 *   files or database from being read
 */
export async function repinPlan(
  ctx: Ctx,
  input: z.infer<typeof repinPlanInput>,
  deps: PinDeps,
): Promise<{ label: string; digest: string }> {
  requirePermission(ctx.actor, 'rollback.repin');
  const rollbackId = findRollback(input.rollback);
  const seen = await loadFacts(ctx, rollbackId);
  requireAction(seen, 'repin', ctx.actor);
  const { plan, digest } = await buildPlan(ctx, seen.target, seen.row.plan.to.tag);
  const label = rollbackLabel(rollbackId);
  return inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'repin', tx.actor);
    await tx.db
      .update(rollbacks)
      .set({ plan, planDigest: digest, planCheck: null, stepsTotal: plan.steps.length })
      .where(eq(rollbacks.id, rollbackId));
    await pinSteps(tx, rollbackId, plan);
    const voided = await voidApprovals(tx, rollbackId, 'The plan was pinned again.');
    await appendEvent(tx, rollbackId, 'plan.pinned', { digest, again: true });
    const { rehearsal } = facts.input;
    const rehearsed =
      rehearsal?.digest === digest && ['queued', 'running', 'passed'].includes(rehearsal.state);
    if (!rehearsed) await deps.queueRehearsal(tx, rollbackId, digest);
    await appendAudit(tx, {
      action: 'rollback.repin',
      subject: label,
      target: facts.row.target,
      outcome: 'done',
      payload: {
        digest,
        former_digest: facts.row.planDigest,
        from: plan.from.tag,
        to: plan.to.tag,
        approvals_voided: voided,
      },
    });
    return { label, digest };
  });
}
