import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type Ctx,
  changeStatus,
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

const { runs } = tables;

export const startRunInput = z.object({
  rollback: z.string(),
  /** The plan that the person has seen. */
  digest: z.string(),
  /** The target's name, typed by hand. */
  confirm: z.string(),
});

/**
 * Starts the run of an approved rollback: from here on it belongs to the executor. Of two people who
 * press at once, one gets a ConflictError.
 * @throws BackstepError `forbidden`, `gate_closed`, `invalid_input`, `conflict`
 */
export function startRun(ctx: Ctx, input: z.infer<typeof startRunInput>): Promise<{ run: number }> {
  return begin(ctx, input, 'start_run');
}

/** Goes on with a stopped rollback from its clean step. @throws as startRun */
export function resumeRun(
  ctx: Ctx,
  input: z.infer<typeof startRunInput>,
): Promise<{ run: number }> {
  return begin(ctx, input, 'resume_run');
}

async function begin(
  ctx: Ctx,
  input: z.infer<typeof startRunInput>,
  action: 'start_run' | 'resume_run',
): Promise<{ run: number }> {
  requirePermission(ctx.actor, 'run.start');
  const rollbackId = findRollback(input.rollback);
  return await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, action, tx.actor);
    if (input.digest !== facts.row.planDigest) {
      throw new BackstepError(
        'conflict',
        'The plan was pinned again since this page was loaded. Look at it first.',
      );
    }
    if (input.confirm !== facts.row.target) {
      throw new BackstepError(
        'invalid_input',
        `Type the target's name, ${facts.row.target}, to confirm.`,
      );
    }
    const resume = action === 'resume_run';
    // A target without approvals goes through the same states.
    if (facts.row.status === 'draft') await changeStatus(tx, rollbackId, ['draft'], 'approved');
    await changeStatus(tx, rollbackId, ['approved', 'stopped'], 'running', {
      outcome: null,
      outcomeMessage: null,
    });
    const [last] = await tx.db
      .select({ number: sql<number>`coalesce(max(${runs.number}), 0)::int` })
      .from(runs)
      .where(eq(runs.rollbackId, rollbackId));
    const [run] = await tx.db
      .insert(runs)
      .values({ rollbackId, number: (last?.number ?? 0) + 1, requestedBy: tx.actor.id })
      .returning({ id: runs.id });
    if (!run) throw new Error('the run was not inserted');
    await appendEvent(
      tx,
      rollbackId,
      'run.queued',
      { runId: run.id, by: tx.actor.name, resume },
      run.id,
    );
    await enqueueJob(tx, 'run_rollback', { runId: run.id });
    await appendAudit(tx, {
      action: resume ? 'run.resume' : 'run.start',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: {
        digest: facts.row.planDigest,
        backup: facts.input.backup?.label ?? null,
        steps_done: facts.row.stepsDone,
        steps_total: facts.row.stepsTotal,
      },
    });
    return { run: run.id };
  });
}
