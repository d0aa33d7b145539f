import { z } from 'zod';
import { type Ctx, tables } from '@/lib/control';
import { missingApprovals } from '@/lib/core/restore-gates';
import { isStorable } from '@/lib/core/storable-text';
import {
  ask,
  audit,
  queueDropOfNew,
  requestRestoreApprovalInput,
  requireSeen,
  whatIsSwapped,
} from './ask';
import { appendRestoreEvent, changeRestoreStatus } from './change-status';
import { loadRestore } from './restore-facts';

export const decideRestoreInput = requestRestoreApprovalInput
  .extend({
    decision: z.enum(['approved', 'rejected']),
    comment: z.string().trim().max(2_000).refine(isStorable).default(''),
  })
  .refine((input) => input.decision === 'approved' || input.comment.length > 0, {
    path: ['comment'],
    message: 'Say why you reject it, so that the requester knows what to change.',
  });

/**
 * A reviewer's yes or no to one digest. The last yes that the policy asks for makes the swap approved; a
 * single no ends the restore, and the restored database is dropped. Approving never swaps anything.
 * @throws BackstepError `forbidden`, `gate_closed`, `conflict`
 */
export async function decideRestore(
  ctx: Ctx,
  input: z.infer<typeof decideRestoreInput>,
): Promise<void> {
  await ask(ctx, input, 'approval.decide', 'decide_restore', async (tx, facts) => {
    requireSeen(facts, input.digest);
    const { id } = facts.row;
    await tx.db.insert(tables.restoreApprovals).values({
      restoreId: id,
      digest: input.digest,
      decision: input.decision,
      comment: input.comment,
      decidedBy: tx.actor.id,
    });
    await appendRestoreEvent(tx, id, 'approval.decided', {
      decision: input.decision,
      by: tx.actor.name,
    });
    await audit(tx, facts, input.decision === 'approved' ? 'restore.approve' : 'restore.reject', {
      ...whatIsSwapped(facts),
      comment: input.comment,
    });
    if (input.decision === 'rejected') {
      await changeRestoreStatus(tx, id, ['awaiting_approval'], 'rejected');
      await queueDropOfNew(tx, facts);
      return;
    }
    const after = await loadRestore(tx, id);
    if (missingApprovals(after.input) === undefined)
      await changeRestoreStatus(tx, id, ['awaiting_approval'], 'approved');
  });
}
