import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  backupEvidence,
  backupLabel,
  type Ctx,
  findBackup,
  findRollback,
  inTransaction,
  loadFacts,
  queueTestRestore,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { testRestoreProblem } from '@/lib/core/backup-gate';
import { BackstepError } from '@/lib/core/errors';
import { DEFAULT_POLICY } from '@/lib/core/policy';

const { backups } = tables;

export const requestTestRestoreInput = z.object({
  backup: z.string(),
  rollback: z.string().optional(),
});

/**
 * Has a backup restored on the scratch server and compared with its manifest; with a rollback, its chain
 * is rehearsed on the copy. One at a time for each backup.
 * @throws BackstepError `forbidden`, `not_found`; `gate_closed` when there is nothing to restore, or it
 *   is being restored already; `refused` for a rollback of another target
 */
export async function requestTestRestore(
  ctx: Ctx,
  input: z.infer<typeof requestTestRestoreInput>,
): Promise<{ testRestoreId: number }> {
  requirePermission(ctx.actor, 'backup.test');
  const backupId = findBackup(input.backup);
  return inTransaction(ctx, async (tx) => {
    const rollbackId = input.rollback === undefined ? null : findRollback(input.rollback);
    const facts = rollbackId === null ? null : await loadFacts(tx, rollbackId, { lock: true });
    const backup = await lockBackup(tx, backupId);
    const label = backupLabel(backupId);
    if (facts) {
      // A room shows one backup; any other one of the target goes by its own rules below.
      if (facts.input.backup?.id === backupId) requireAction(facts, 'test_restore', ctx.actor);
      if (facts.target.name !== backup.target) {
        throw new BackstepError(
          'refused',
          `${label} is of '${backup.target}', and ${input.rollback} rolls back '${facts.target.name}'. Take one of that target.`,
        );
      }
    }
    const evidence = await backupEvidence(tx, backupId, DEFAULT_POLICY);
    const problem = testRestoreProblem(evidence ?? null);
    if (problem) throw new BackstepError('gate_closed', problem);
    const testRestoreId = await queueTestRestore(tx, {
      backupId,
      rollbackId,
      ...(ctx.actor.kind === 'user' && { requestedBy: ctx.actor.id }),
    });
    if (testRestoreId === undefined)
      throw new BackstepError('gate_closed', `${label} is being restored.`);
    await appendAudit(tx, {
      action: 'test_restore.request',
      subject: input.rollback ?? label,
      target: backup.target,
      outcome: 'done',
      payload: { testRestore: testRestoreId, backup: label, digest: facts?.row.planDigest ?? null },
    });
    return { testRestoreId };
  });
}

/** Two who ask for the same backup stand in line. */
async function lockBackup(tx: Ctx, id: number): Promise<{ target: string }> {
  const [row] = await tx.db
    .select({ target: backups.target })
    .from(backups)
    .where(eq(backups.id, id))
    .for('update');
  if (!row) throw new BackstepError('not_found', `${backupLabel(id)} does not exist.`);
  return row;
}
