import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type Ctx,
  changeStatus,
  findRollback,
  inTransaction,
  loadFacts,
  type RollbackFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError, ConflictError } from '@/lib/core/errors';
import type { PlanCheck } from '@/lib/core/evidence';
import { approvalGate } from '@/lib/core/gates';
import { rollbackLabel } from '@/lib/core/rollback';
import { type ApprovalDeps, requireDigest } from './request-approval';
import { whatIsLost } from './what-is-lost';

export const decideApprovalInput = z
  .object({
    rollback: z.string(),
    /** The plan that the reviewer has read. */
    digest: z.string(),
    decision: z.enum(['approved', 'rejected']),
    comment: z.string().trim().max(2_000).default(''),
  })
  .refine((input) => input.decision === 'approved' || input.comment.length > 0, {
    path: ['comment'],
    message: 'Say why you reject it, so that the requester knows what to change.',
  });

/**
 * A reviewer's yes or no to one digest. The last yes that the policy asks for makes the rollback
 * approved; a single no ends it. Approving never runs anything.
 * @throws BackstepError `forbidden`, `gate_closed`, `conflict`, `plan_stale` when something pinned has
 *   changed since approval was asked for
 */
export async function decideApproval(
  ctx: Ctx,
  input: z.infer<typeof decideApprovalInput>,
  deps: ApprovalDeps,
): Promise<{ status: 'approved' | 'rejected' | 'awaiting_approval' }> {
  requirePermission(ctx.actor, 'approval.decide');
  const rollbackId = findRollback(input.rollback);
  const check = input.decision === 'approved' ? await deps.checkPlan(ctx, rollbackId) : undefined;
  return await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireUndecided(facts, check);
    requireAction(facts, input.decision === 'approved' ? 'approve' : 'reject', tx.actor);
    requireDigest(input.digest, facts.row.planDigest);
    await tx.db.insert(tables.approvals).values({
      rollbackId,
      digest: input.digest,
      decision: input.decision,
      comment: input.comment,
      decidedBy: tx.actor.id,
    });
    await appendEvent(tx, rollbackId, 'approval.decided', {
      decision: input.decision,
      by: tx.actor.name,
    });
    await appendAudit(tx, {
      action: input.decision === 'approved' ? 'approval.approve' : 'approval.reject',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: { digest: input.digest, comment: input.comment, ...whatIsLost(facts) },
    });
    if (input.decision === 'rejected') {
      await changeStatus(tx, rollbackId, ['awaiting_approval'], 'rejected');
      return { status: 'rejected' };
    }
    const after = await loadFacts(tx, rollbackId);
    if (!approvalGate(after.input).open) return { status: 'awaiting_approval' };
    await changeStatus(tx, rollbackId, ['awaiting_approval'], 'approved');
    return { status: 'approved' };
  });
}

/** Somebody who read the page before it changed shall learn what happened, not that nothing was asked. */
function requireUndecided({ row, input }: RollbackFacts, check: PlanCheck | undefined): void {
  if (row.status === 'approved') {
    const by = input.approvals.findLast((approval) => approval.voidedAt === null)?.by.name;
    throw new ConflictError(
      `${rollbackLabel(row.id)} has been approved by ${by ?? 'others'} already.`,
    );
  }
  const change = check?.changes.find(({ kind }) => kind !== 'unreadable');
  if (change && row.status === 'draft') {
    throw new BackstepError(
      'plan_stale',
      `The plan no longer matches, so nothing was approved: ${change.message} The requester pins it again and asks anew.`,
    );
  }
}
