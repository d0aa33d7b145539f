import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { findTarget } from '@/lib/config';
import {
  ADVISORY_LOCKS,
  backupLabel,
  type Ctx,
  enqueueJob,
  findRollback,
  inTransaction,
  loadFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { type Actor, requirePermission } from '@/lib/core/actor';
import type { BackupMethod, BackupPolicy } from '@/lib/core/backup';
import { takeMethodProblem } from '@/lib/core/backup-gate';
import { BackstepError } from '@/lib/core/errors';
import { auditSubject, tellRoom } from './backup-record';

const { backups } = tables;

const method = z.enum(['pg_dump', 'command']).optional();

export const requestBackupInput = z.object({ rollback: z.string(), method });
export const requestTargetBackupInput = z.object({ target: z.string(), method });

export interface RequestedBackup {
  backupId: number;
  label: string;
}

/**
 * Asks the executor for a backup of the rollback's target. Of two requests at once, the second finds
 * the first one's row under the rollback's lock and is refused.
 * @throws BackstepError `forbidden`, `not_found`, `gate_closed`; `refused` for a method that the policy
 *   does not allow
 */
export async function requestBackup(
  ctx: Ctx,
  input: z.infer<typeof requestBackupInput>,
): Promise<RequestedBackup> {
  requirePermission(ctx.actor, 'backup.take');
  const person = requirePerson(ctx.actor);
  const rollbackId = findRollback(input.rollback);
  return inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'take_backup', person);
    const { name, policy } = facts.target;
    return queueBackup(tx, {
      target: name,
      rollbackId,
      method: methodOf(policy.backup, input.method),
      takenBy: person.id,
    });
  });
}

/**
 * Asks the executor for a backup of a target, without a rollback. One at a time: requests stand in line
 * for the target's lock.
 * @throws BackstepError `forbidden`, `not_found`; `gate_closed` while one is being taken; `refused` for a
 *   method that the policy does not allow
 */
export async function requestTargetBackup(
  ctx: Ctx,
  input: z.infer<typeof requestTargetBackupInput>,
): Promise<RequestedBackup> {
  requirePermission(ctx.actor, 'backup.take');
  const person = requirePerson(ctx.actor);
  const { name, policy } = findTarget(ctx.config, input.target);
  const problem = takeMethodProblem(policy.backup);
  if (problem) throw new BackstepError('gate_closed', problem);
  return inTransaction(ctx, async (tx) => {
    await tx.db.execute(
      sql`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.targetBackup}, hashtext(${name}))`,
    );
    const [open] = await tx.db
      .select({ id: backups.id })
      .from(backups)
      .where(
        and(
          eq(backups.target, name),
          isNull(backups.rollbackId),
          inArray(backups.state, ['queued', 'running']),
        ),
      )
      .limit(1);
    if (open) {
      throw new BackstepError('gate_closed', `${backupLabel(open.id)} is being taken already.`);
    }
    return queueBackup(tx, {
      target: name,
      rollbackId: null,
      method: methodOf(policy.backup, input.method),
      takenBy: person.id,
    });
  });
}

async function queueBackup(
  tx: Ctx,
  values: { target: string; rollbackId: number | null; method: BackupMethod; takenBy: string },
): Promise<RequestedBackup> {
  const [row] = await tx.db.insert(backups).values(values).returning({ id: backups.id });
  if (!row) throw new Error('the backup row was not inserted');
  const label = backupLabel(row.id);
  await tellRoom(tx, values.rollbackId, 'backup.queued', { backupId: row.id });
  await enqueueJob(tx, 'take_backup', { backupId: row.id });
  await appendAudit(tx, {
    action: 'backup.request',
    subject: auditSubject({ id: row.id, rollbackId: values.rollbackId }),
    target: values.target,
    outcome: 'done',
    payload: { backup: label, method: values.method },
  });
  return { backupId: row.id, label };
}

/** The method that was asked for, else the first that needs no person's word. */
function methodOf(policy: BackupPolicy, asked: BackupMethod | undefined): BackupMethod {
  if (asked === undefined) {
    return policy.methods.find((candidate) => candidate !== 'attested') ?? 'pg_dump';
  }
  if (policy.methods.includes(asked)) return asked;
  throw new BackstepError(
    'refused',
    `The policy of this target allows backups by ${policy.methods.join(' or ')}, not by ${asked}.`,
  );
}

/** @throws BackstepError `forbidden` */
export function requirePerson(actor: Actor): Actor & { kind: 'user' } {
  if (actor.kind === 'user') return actor;
  throw new BackstepError('forbidden', 'A backup is taken in the name of a person.');
}
