import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { findTarget } from '@/lib/config';
import {
  backupLabel,
  type Ctx,
  databaseNow,
  findBackup,
  findRollback,
  inTransaction,
  loadFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { attestMethodProblem, confirmBackupProblem } from '@/lib/core/backup-gate';
import { BackstepError } from '@/lib/core/errors';
import { isStorable } from '@/lib/core/storable-text';
import { auditSubject, tellRoom } from './backup-record';
import { type RequestedBackup, requirePerson } from './request-backup';

const { backups } = tables;

const said = z.string().trim().min(1).max(300).refine(isStorable, 'must be plain text');

export const attestBackupInput = z
  .object({
    rollback: z.string().optional(),
    target: z.string().optional(),
    provider: said,
    /** The provider's id of the snapshot. */
    reference: said,
    takenAt: z.iso.datetime({ offset: true }),
    link: z
      .url({
        protocol: /^https?$/,
        error: 'must be an address that begins with https:// or http://',
      })
      .max(2_000)
      .nullish(),
  })
  .refine(({ rollback, target }) => rollback !== undefined || target !== undefined, {
    error: 'names neither a rollback nor a target',
    path: ['target'],
  });

/**
 * A person vouches for a backup that was made elsewhere, for a rollback or for a target alone.
 * @throws BackstepError `forbidden`, `not_found`, `gate_closed`; `invalid_input` for a time that is yet
 *   to come
 */
export async function attestBackup(
  ctx: Ctx,
  input: z.infer<typeof attestBackupInput>,
): Promise<RequestedBackup> {
  requirePermission(ctx.actor, 'backup.take');
  const person = requirePerson(ctx.actor);
  const { provider, reference, link = null } = input;
  return inTransaction(ctx, async (tx) => {
    const { target, rollbackId } = await subjectOf(tx, input, person);
    const takenAt = new Date(input.takenAt);
    const now = await databaseNow(tx);
    if (takenAt > now) {
      throw new BackstepError(
        'invalid_input',
        `takenAt is in the future: it is ${now.toISOString()} now. Write when the snapshot was taken.`,
      );
    }
    const taken = takenAt.toISOString();
    const [row] = await tx.db
      .insert(backups)
      .values({
        rollbackId,
        target,
        method: 'attested',
        level: 'vouched',
        takenBy: person.id,
        state: 'passed',
        startedAt: now.toISOString(),
        finishedAt: now.toISOString(),
        snapshotAt: taken,
        location: `${provider}: ${reference}`,
        attestation: { provider, reference, takenAt: taken, link },
      })
      .returning({ id: backups.id });
    if (!row) throw new Error('the backup row was not inserted');
    const label = backupLabel(row.id);
    await tellRoom(tx, rollbackId, 'backup.finished', {
      backupId: row.id,
      ok: true,
      message: `${person.name} vouches for ${label}: ${provider} ${reference}. Backstep has not read it.`,
    });
    await appendAudit(tx, {
      action: 'backup.attest',
      subject: auditSubject({ id: row.id, rollbackId }),
      target,
      outcome: 'done',
      payload: { backup: label, provider, reference, takenAt: taken, link },
    });
    return { backupId: row.id, label };
  });
}

async function subjectOf(
  tx: Ctx,
  input: z.infer<typeof attestBackupInput>,
  person: ReturnType<typeof requirePerson>,
): Promise<{ target: string; rollbackId: number | null }> {
  if (input.rollback !== undefined) {
    const rollbackId = findRollback(input.rollback);
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'attest_backup', person);
    return { target: facts.target.name, rollbackId };
  }
  const target = findTarget(tx.config, input.target ?? '');
  const problem = attestMethodProblem(target.policy.backup);
  if (problem) throw new BackstepError('gate_closed', problem);
  return { target: target.name, rollbackId: null };
}

export const confirmBackupAttestationInput = z.object({ backup: z.string() });

/**
 * A second person confirms what another vouches for.
 * @throws BackstepError `forbidden`, `not_found`; `gate_closed` for the same person and where there is
 *   nothing to confirm
 */
export async function confirmBackupAttestation(
  ctx: Ctx,
  input: z.infer<typeof confirmBackupAttestationInput>,
): Promise<{ label: string }> {
  requirePermission(ctx.actor, 'backup.confirm');
  const person = requirePerson(ctx.actor);
  const id = findBackup(input.backup);
  return inTransaction(ctx, async (tx) => {
    const row = await lockBackup(tx, id);
    const target = findTarget(tx.config, row.target);
    if (row.rollbackId !== null) {
      const facts = await loadFacts(tx, row.rollbackId, { lock: true });
      // A room shows one backup; another of the same rollback is confirmed by its own rules below.
      if (facts.input.backup?.id === id) requireAction(facts, 'confirm_backup', person);
    }
    const label = backupLabel(id);
    const problem = confirmBackupProblem(
      {
        ...row,
        label,
        takenById: row.takenBy,
        cancelRequestedBy: row.cancelRequestedBy,
        attestation: { confirmedBy: row.confirmedBy },
        testRestore: null,
      },
      target.policy.backup,
      person,
    );
    if (problem) throw new BackstepError('gate_closed', problem);
    await tx.db
      .update(backups)
      .set({ confirmedBy: person.id, confirmedAt: (await databaseNow(tx)).toISOString() })
      .where(and(eq(backups.id, id), isNull(backups.confirmedBy)));
    await tellRoom(tx, row.rollbackId, 'backup.attestation_confirmed', {
      backupId: id,
      by: person.name,
    });
    await appendAudit(tx, {
      action: 'backup.confirm',
      subject: auditSubject(row),
      target: row.target,
      outcome: 'done',
      payload: { backup: label },
    });
    return { label };
  });
}

/**
 * A backup's row, for as long as the transaction changes it. A rollback's own row is locked first, as
 * whoever appends to its events does.
 * @throws BackstepError `not_found`
 */
async function lockBackup(tx: Ctx, id: number): Promise<typeof tables.backups.$inferSelect> {
  const [found] = await tx.db
    .select({ rollbackId: backups.rollbackId })
    .from(backups)
    .where(eq(backups.id, id));
  if (!found) throw new BackstepError('not_found', `${backupLabel(id)} does not exist.`);
  if (found.rollbackId !== null) {
    const { rollbacks } = tables;
    await tx.db
      .select({ id: rollbacks.id })
      .from(rollbacks)
      .where(eq(rollbacks.id, found.rollbackId))
      .for('update');
  }
  const [row] = await tx.db.select().from(backups).where(eq(backups.id, id)).for('update');
  if (!row) throw new BackstepError('not_found', `${backupLabel(id)} does not exist.`);
  return row;
}
