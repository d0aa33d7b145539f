import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  type Ctx,
  changeStatus,
  findRollback,
  inTransaction,
  loadFacts,
  requireAction,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { rollbackLabel } from '@/lib/core/rollback';

export const cancelRollbackInput = z.object({ rollback: z.string() });

/**
 * Gives a rollback up, before its run or at the clean step where it stopped. Nothing is undone.
 * @throws BackstepError `forbidden`, `not_found`, `gate_closed`, `conflict`
 */
export async function cancelRollback(
  ctx: Ctx,
  input: z.infer<typeof cancelRollbackInput>,
): Promise<void> {
  requirePermission(ctx.actor, 'rollback.cancel');
  const rollbackId = findRollback(input.rollback);
  await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'cancel_rollback', tx.actor);
    await changeStatus(tx, rollbackId, [facts.row.status], 'cancelled');
    await appendAudit(tx, {
      action: 'rollback.cancel',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: {
        was: facts.row.status,
        steps_done: facts.row.stepsDone,
        steps_total: facts.row.stepsTotal,
      },
    });
  });
}
