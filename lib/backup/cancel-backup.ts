import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { backupLabel, type Ctx, findBackup, inTransaction, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { cancelBackupProblem } from '@/lib/core/backup-gate';
import { BackstepError } from '@/lib/core/errors';
import { auditSubject, tellRoom } from './backup-record';
import { requirePerson } from './request-backup';

const { backups } = tables;

export const cancelBackupInput = z.object({ backup: z.string() });

/**
 * Has a backup ended that is waiting or being taken. One that nobody has begun ends here; else the
 * executor notices within seconds, ends what it started and sets aside what there is.
 * @throws BackstepError `forbidden`, `not_found`, `gate_closed`
 */
export async function cancelBackup(
  ctx: Ctx,
  input: z.infer<typeof cancelBackupInput>,
): Promise<{ label: string }> {
  requirePermission(ctx.actor, 'backup.take');
  const person = requirePerson(ctx.actor);
  const id = findBackup(input.backup);
  return inTransaction(ctx, async (tx) => {
    const label = backupLabel(id);
    // Before the rollback's row, as the executor does that reports on it.
    const [row] = await tx.db.select().from(backups).where(eq(backups.id, id)).for('update');
    if (!row) throw new BackstepError('not_found', `${label} does not exist.`);
    const problem = cancelBackupProblem({
      ...row,
      label,
      takenById: row.takenBy,
      attestation: null,
      testRestore: null,
    });
    if (problem) throw new BackstepError('gate_closed', problem);
    const message = `${person.name} cancelled this backup before it began.`;
    await tx.db
      .update(backups)
      .set({
        cancelRequestedBy: person.id,
        ...(row.state === 'queued'
          ? { state: 'interrupted' as const, error: message, finishedAt: sql`clock_timestamp()` }
          : {}),
      })
      .where(eq(backups.id, id));
    await tellRoom(tx, row.rollbackId, 'backup.cancel_requested', {
      backupId: id,
      by: person.name,
    });
    if (row.state === 'queued') {
      await tellRoom(tx, row.rollbackId, 'backup.finished', { backupId: id, ok: false, message });
    }
    await appendAudit(tx, {
      action: 'backup.cancel',
      subject: auditSubject(row),
      target: row.target,
      outcome: 'done',
      payload: { backup: label, state: row.state },
    });
    return { label };
  });
}
