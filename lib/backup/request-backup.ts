import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  backupLabel,
  type Ctx,
  enqueueJob,
  findRollback,
  inTransaction,
  loadFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import { rollbackLabel } from '@/lib/core/rollback';

export const requestBackupInput = z.object({ rollback: z.string() });

/**
 * Asks the executor for a backup of the rollback's target. Of two requests at once, the second finds
 * the first one's row under the rollback's lock and is refused.
 * @throws BackstepError `forbidden`, `not_found`, `gate_closed`
 */
export async function requestBackup(
  ctx: Ctx,
  input: z.infer<typeof requestBackupInput>,
): Promise<{ backupId: number; label: string }> {
  requirePermission(ctx.actor, 'backup.take');
  const { actor } = ctx;
  if (actor.kind !== 'user') {
    throw new BackstepError('forbidden', 'A backup is taken in the name of a person.');
  }
  const rollbackId = findRollback(input.rollback);
  return inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'take_backup', actor);
    const [row] = await tx.db
      .insert(tables.backups)
      .values({
        rollbackId,
        target: facts.target.name,
        method: 'pg_dump',
        takenBy: actor.id,
      })
      .returning({ id: tables.backups.id });
    if (!row) throw new Error('the backup row was not inserted');
    const label = backupLabel(row.id);
    await appendEvent(tx, rollbackId, 'backup.queued', { backupId: row.id });
    await enqueueJob(tx, 'take_backup', { backupId: row.id });
    await appendAudit(tx, {
      action: 'backup.request',
      subject: rollbackLabel(rollbackId),
      target: facts.target.name,
      outcome: 'done',
      payload: { backup: label, method: 'pg_dump' },
    });
    return { backupId: row.id, label };
  });
}
