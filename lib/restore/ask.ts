import { and, eq, inArray, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { type Ctx, enqueueJob, findBackup, inTransaction, tables } from '@/lib/control';
import { type Permission, requirePermission } from '@/lib/core/actor';
import type { AuditAction } from '@/lib/core/audit-actions';
import { BackstepError, ConflictError } from '@/lib/core/errors';
import { type RestoreStatus, restoreLabel } from '@/lib/core/restore';
import type { RestoreAction } from '@/lib/core/restore-gates';
import {
  appendRestoreEvent,
  changeRestoreStatus,
  findRestore,
  NOW,
  type RestorePatch,
  UNCLAIMED,
} from './change-status';
import { isOneOpen, openRestoreOf } from './create-restore';
import {
  loadRestore,
  type RestoreFacts,
  requireRestoreAction,
  voidRestoreApprovals,
} from './restore-facts';

const { fences, restores } = tables;

export const restoreInput = z.object({ restore: z.string().max(20) });

export const confirmedRestoreInput = restoreInput.extend({
  /** The target's name, typed by the person. */
  confirm: z.string().max(200),
});

export const approvedRestoreInput = confirmedRestoreInput.extend({
  /** What the person has seen. */
  digest: z.string().max(200),
});

type Confirmed = z.infer<typeof confirmedRestoreInput>;
type Approved = z.infer<typeof approvedRestoreInput>;

/** Asks the executor to restore the backup beside the target. @throws BackstepError `forbidden`, `gate_closed`, `invalid_input` */
export function startRestore(ctx: Ctx, input: Confirmed): Promise<void> {
  return ask(ctx, input, 'restore.start', 'start_restore', async (tx, facts) => {
    requireTyped(facts, input.confirm);
    const patch = { ...asked(tx), message: null, progress: null, cancelRequestedBy: null };
    await move(tx, facts, ['draft', 'failed'], 'restoring', patch);
    await enqueueJob(tx, 'restore_backup', { restoreId: facts.row.id });
    await audit(tx, facts, 'restore.start', { backup: facts.input.backup });
  });
}

/**
 * Asks for the swap: from here on the executor refuses new connections and ends those that are left.
 * @throws BackstepError `forbidden`, `gate_closed`, `invalid_input`, `conflict`
 */
export function startSwap(ctx: Ctx, input: Approved): Promise<void> {
  return ask(ctx, input, 'restore.swap', 'start_swap', async (tx, facts) => {
    requireTyped(facts, input.confirm);
    requireSeen(facts, input.digest);
    // The gate has let it through, so there is one where one is wanted.
    const safety = facts.input.safety?.backup ?? null;
    const safetyBackupId = safety === null ? null : findBackup(safety);
    // A policy that asks for no approval any more: nobody is left who could give it.
    const { status } = facts.row;
    if (status !== 'approved') await move(tx, facts, [status], 'approved', {});
    await move(tx, facts, ['approved'], 'swapping', {
      ...asked(tx),
      message: null,
      safetyBackupId,
    });
    await enqueueJob(tx, 'swap_restore', { restoreId: facts.row.id });
    await audit(tx, facts, 'restore.swap_request', {
      ...whatIsSwapped(facts),
      ...(safety && { safetyBackup: safety }),
    });
  });
}

/**
 * Asks for a backup of the present state, which a swap in place relies on. The restored copy is in the
 * same database, so one that is asked for before the restore is smaller.
 * @throws BackstepError `forbidden`, `gate_closed`; `refused` where the policy takes none by pg_dump
 */
export function takeSafetyBackup(
  ctx: Ctx,
  input: z.infer<typeof restoreInput>,
  deps: { requestBackup(tx: Ctx, input: { target: string }): Promise<{ label: string }> },
): Promise<void> {
  return ask(ctx, input, 'backup.take', 'take_safety_backup', async (tx, { row }) => {
    const { label } = await deps.requestBackup(tx, { target: row.target });
    await appendRestoreEvent(tx, row.id, 'safety_backup.requested', {
      backup: label,
      by: tx.actor.name,
    });
  });
}

/** Asks for the former database again, by the same protocol. @throws as `startSwap` */
export async function swapBack(ctx: Ctx, input: Confirmed): Promise<void> {
  try {
    await ask(ctx, input, 'restore.swap', 'swap_back', async (tx, facts) => {
      requireTyped(facts, input.confirm);
      // What is kept from then on is another database: a drop that failed was of this one.
      const noDrop = {
        formerDropRequestedAt: null,
        formerDropRequestedBy: null,
        formerDropError: null,
      };
      const patch = { ...asked(tx), ...noDrop, message: null };
      await move(tx, facts, ['swapped'], 'swapping_back', patch);
      await enqueueJob(tx, 'swap_restore', { restoreId: facts.row.id });
      await audit(tx, facts, 'restore.swap_back_request', {
        former: facts.row.formerDatabase ?? facts.input.kept?.database,
      });
    });
  } catch (cause) {
    if (!isOneOpen(cause)) throw cause;
    const { row } = await loadRestore(ctx, findRestore(input.restore));
    const open = await openRestoreOf(ctx, row.target, row.id);
    throw new ConflictError(
      `${open ?? 'Another restore'} of ${row.target} is open. Cancel it, then swap back.`,
    );
  }
}

/** Asks for the drop of the database that was swapped out, once its time is over. @throws as `startSwap` */
export function dropFormer(ctx: Ctx, input: Confirmed): Promise<void> {
  return ask(ctx, input, 'restore.swap', 'drop_former', async (tx, facts) => {
    const { kept } = facts.input;
    requireTyped(facts, input.confirm, kept?.database);
    await patchRow(tx, facts, {
      formerDropRequestedAt: NOW,
      formerDropRequestedBy: tx.actor.id,
      formerDropError: null,
      executorId: null,
      heartbeatAt: null,
    });
    await enqueueJob(tx, 'drop_former', { restoreId: facts.row.id });
    await appendRestoreEvent(tx, facts.row.id, 'former.drop_requested', { by: tx.actor.name });
    await audit(tx, facts, 'restore.drop_former_request', { database: kept?.database });
  });
}

/** Gives the restore up; what was restored is dropped. @throws BackstepError `forbidden`, `gate_closed` */
export function cancelRestore(ctx: Ctx, input: z.infer<typeof restoreInput>): Promise<void> {
  return ask(ctx, input, 'restore.start', 'cancel_restore', async (tx, facts) => {
    const { row } = facts;
    if (row.status === 'restoring') {
      // Whoever is at it stops it, drops what was restored, and writes the end.
      await patchRow(tx, facts, { cancelRequestedBy: tx.actor.id });
      await appendRestoreEvent(tx, row.id, 'restore.cancel_requested', { by: tx.actor.name });
      await audit(tx, facts, 'restore.cancel', { while: 'restoring' });
      return;
    }
    await move(tx, facts, [row.status], 'cancelled', asked(tx));
    await queueDropOfNew(tx, facts);
    await audit(tx, facts, 'restore.cancel', { while: row.status });
  });
}

/** Asks the executor to look again at the databases. @throws BackstepError `forbidden`, `gate_closed` */
export function reconcileRestore(ctx: Ctx, input: z.infer<typeof restoreInput>): Promise<void> {
  return ask(ctx, input, 'restore.swap', 'reconcile_restore', async (tx, facts) => {
    await enqueueJob(tx, 'reconcile_restore', { restoreId: facts.row.id });
    await audit(tx, facts, 'restore.reconcile', {});
  });
}

/** Asks the executor to take the fence of a restore down. @throws BackstepError `forbidden`, `gate_closed` */
export function releaseRestoreFence(ctx: Ctx, input: z.infer<typeof restoreInput>): Promise<void> {
  return ask(ctx, input, 'fence.release', 'release_restore_fence', async (tx, facts) => {
    const released = await tx.db
      .update(fences)
      .set({ releaseRequestedAt: NOW, releaseRequestedBy: tx.actor.id, releaseError: null })
      .where(and(eq(fences.restoreId, facts.row.id), isNull(fences.releasedAt)))
      .returning({ id: fences.id });
    if (released.length === 0) throw new ConflictError('The fence has been released meanwhile.');
    await appendRestoreEvent(tx, facts.row.id, 'fence.release_requested', { by: tx.actor.name });
    await enqueueJob(tx, 'release_restore_fence', { restoreId: facts.row.id });
    await audit(tx, facts, 'fence.release_request', { head: facts.fence?.headTag ?? null });
  });
}

/** Asks the reviewers for their word on exactly this digest. @throws BackstepError `forbidden`, `gate_closed`, `conflict` */
export function requestRestoreApproval(
  ctx: Ctx,
  input: z.infer<typeof requestRestoreApprovalInput>,
): Promise<void> {
  return ask(ctx, input, 'approval.request', 'request_restore_approval', async (tx, facts) => {
    requireSeen(facts, input.digest);
    const { row } = facts;
    if (row.status === 'approved') {
      await voidRestoreApprovals(tx, row.id, 'Approval was asked for anew.');
      await move(tx, facts, ['approved'], 'restored', {});
    }
    await move(tx, facts, ['restored'], 'awaiting_approval', {
      approvalRequestedAt: NOW,
      message: null,
    });
    await audit(tx, facts, 'restore.request_approval', whatIsSwapped(facts));
  });
}

export const requestRestoreApprovalInput = restoreInput.extend({ digest: z.string().max(200) });

/** One transaction: the gates, the change and its audit row. */
export async function ask(
  ctx: Ctx,
  input: { restore: string },
  permission: Permission,
  action: RestoreAction,
  change: (tx: Ctx, facts: RestoreFacts) => Promise<void>,
): Promise<void> {
  requirePermission(ctx.actor, permission);
  if (ctx.actor.kind !== 'user')
    throw new BackstepError('forbidden', 'This is done in the name of a person.');
  const restoreId = findRestore(input.restore);
  await inTransaction(ctx, async (tx) => {
    const facts = await loadRestore(tx, restoreId, { lock: true });
    requireRestoreAction(facts, action, tx.actor);
    await change(tx, facts);
  });
}

/** The restored database of a restore that ended is nobody's: the executor drops it. */
export async function queueDropOfNew(tx: Ctx, { row }: RestoreFacts): Promise<void> {
  if (row.newOid !== null || row.schemas !== null || row.status === 'failed')
    await enqueueJob(tx, 'drop_restored', { restoreId: row.id });
}

const asked = (tx: Ctx): RestorePatch => ({ ...UNCLAIMED, askedBy: tx.actor.id });

const move = (
  tx: Ctx,
  { row }: RestoreFacts,
  from: readonly RestoreStatus[],
  to: RestoreStatus,
  patch: RestorePatch,
): Promise<void> => changeRestoreStatus(tx, row.id, from, to, patch);

async function patchRow(tx: Ctx, { row }: RestoreFacts, patch: RestorePatch): Promise<void> {
  const changed = await tx.db
    .update(restores)
    .set(patch)
    .where(and(eq(restores.id, row.id), inArray(restores.status, [row.status])))
    .returning({ id: restores.id });
  if (changed.length === 0) throw new ConflictError('Somebody was faster. Look at it again.');
}

export function audit(
  tx: Ctx,
  { row }: RestoreFacts,
  action: AuditAction,
  payload: Record<string, unknown>,
): Promise<unknown> {
  return appendAudit(tx, {
    action,
    subject: restoreLabel(row.id),
    target: row.target,
    outcome: 'done',
    payload,
  });
}

/** @throws BackstepError `invalid_input` when another name was typed */
function requireTyped(
  { target }: RestoreFacts,
  typed: string,
  wanted: string | undefined = target.name,
): void {
  if (typed === wanted) return;
  throw new BackstepError('invalid_input', `Type ${wanted} to confirm this.`);
}

/** @throws BackstepError `conflict` when something else stands there than the person has seen */
export function requireSeen({ row }: RestoreFacts, seen: string): void {
  if (row.digest !== null && seen === row.digest) return;
  throw new BackstepError(
    'conflict',
    'What is to be swapped in has changed since this page was loaded. Look at it first.',
  );
}

/** What an approval and a swap are about, for the history. */
export function whatIsSwapped({ row, input }: RestoreFacts): Record<string, unknown> {
  return {
    digest: row.digest,
    backup: input.backup,
    way: row.way,
    ...(row.way === 'beside'
      ? { database: row.newDatabase }
      : { schemas: row.schemas?.map(({ name }) => name) ?? [] }),
    head: row.evidence?.headTag ?? null,
    migrationsLost: row.evidence?.loss.migrations ?? [],
    writesLost: row.evidence?.loss.writes.value ?? null,
  };
}
