import { and, eq, ne } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type Ctx,
  enqueueJob,
  findRollback,
  inTransaction,
  loadFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { ConflictError } from '@/lib/core/errors';
import { rollbackLabel } from '@/lib/core/rollback';

const { runs } = tables;

export const stopRunInput = z.object({ rollback: z.string() });

/** Asks the executor to end after the step that it is in. @throws BackstepError `gate_closed` */
export function stopRun(ctx: Ctx, input: z.infer<typeof stopRunInput>): Promise<void> {
  return request(ctx, input.rollback, 'stop_run');
}

/** Asks the executor to undo the step that it is in and to end. @throws BackstepError `gate_closed` */
export function cancelRun(ctx: Ctx, input: z.infer<typeof stopRunInput>): Promise<void> {
  return request(ctx, input.rollback, 'cancel_run');
}

async function request(ctx: Ctx, label: string, action: 'stop_run' | 'cancel_run'): Promise<void> {
  requirePermission(ctx.actor, 'run.stop');
  const rollbackId = findRollback(label);
  const cancel = action === 'cancel_run';
  await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, action, tx.actor);
    const [run] = await tx.db
      .update(runs)
      .set(cancel ? { cancelRequestedBy: tx.actor.id } : { stopRequestedBy: tx.actor.id })
      .where(and(eq(runs.rollbackId, rollbackId), ne(runs.state, 'finished')))
      .returning({ id: runs.id });
    if (!run) throw new ConflictError('The run has ended meanwhile.');
    await appendEvent(
      tx,
      rollbackId,
      cancel ? 'run.cancel_requested' : 'run.stop_requested',
      { by: tx.actor.name },
      run.id,
    );
    await appendAudit(tx, {
      action: cancel ? 'run.cancel' : 'run.stop',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: { steps_done: facts.row.stepsDone },
    });
  });
}

/** Asks the executor to look at the target again. @throws BackstepError `gate_closed` */
export async function reconcileRun(ctx: Ctx, input: z.infer<typeof stopRunInput>): Promise<void> {
  requirePermission(ctx.actor, 'run.start');
  const rollbackId = findRollback(input.rollback);
  await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'reconcile_run', tx.actor);
    await enqueueJob(tx, 'reconcile_run', { rollbackId });
    await appendAudit(tx, {
      action: 'run.reconcile',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: {},
    });
  });
}
