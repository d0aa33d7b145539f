import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { type Ctx, findRollback, inTransaction, loadFacts, requireAction } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { rollbackLabel } from '@/lib/core/rollback';
import { queueRehearsal } from './queue-rehearsal';

export const requestRehearsalInput = z.object({ rollback: z.string() });

/**
 * Rehearses a rollback's plan once more.
 * @throws BackstepError `forbidden`, `not_found`, `gate_closed`
 */
export async function requestRehearsal(
  ctx: Ctx,
  input: z.infer<typeof requestRehearsalInput>,
): Promise<{ rehearsalId: number }> {
  requirePermission(ctx.actor, 'rollback.rehearse');
  const rollbackId = findRollback(input.rollback);
  return inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'rehearse', ctx.actor);
    const rehearsalId = await queueRehearsal(tx, rollbackId, facts.row.planDigest);
    await appendAudit(tx, {
      action: 'rehearsal.request',
      subject: rollbackLabel(rollbackId),
      target: facts.target.name,
      outcome: 'done',
      payload: { rehearsal: rehearsalId, digest: facts.row.planDigest },
    });
    return { rehearsalId };
  });
}
