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
  type RollbackFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { allOrNothingOffer } from '@/lib/core/all-or-nothing';
import { BackstepError } from '@/lib/core/errors';
import { rollbackLabel } from '@/lib/core/rollback';

const { runs } = tables;

export const startRunInput = z.object({
  rollback: z.string(),
  /** The plan that the person has seen. */
  digest: z.string(),
  /** The target's name, typed by hand. */
  confirm: z.string(),
  /** What is left of the chain in one transaction. */
  allOrNothing: z.boolean().optional(),
  /** Copy what the scripts destroy first. */
  rescue: z.boolean().optional(),
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
    const mode = modeOf(facts, input);
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
      .values({ rollbackId, number: (last?.number ?? 0) + 1, requestedBy: tx.actor.id, ...mode })
      .returning({ id: runs.id });
    if (!run) throw new Error('the run was not inserted');
    await appendEvent(
      tx,
      rollbackId,
      'run.queued',
      { runId: run.id, by: tx.actor.name, resume, ...mode },
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
        all_or_nothing: mode.allOrNothing,
        rescue: mode.rescue,
      },
    });
    return { run: run.id };
  });
}

/**
 * How the run goes on: what the person asked for, within what the plan and the policy allow.
 * @throws BackstepError `gate_closed` when the chain can't be one transaction, `invalid_input` when the
 *   policy keeps no rescue copies
 */
function modeOf(
  { row, target, input: known }: RollbackFacts,
  input: z.infer<typeof startRunInput>,
): { allOrNothing: boolean; rescue: boolean } {
  const allOrNothing = input.allOrNothing ?? false;
  if (allOrNothing) {
    const rehearsed = known.rehearsal?.digest === row.planDigest ? known.rehearsal.result : null;
    const offer = allOrNothingOffer(row.plan, row.stepsDone, rehearsed);
    if (!offer.offered) {
      throw new BackstepError(
        'gate_closed',
        offer.reason ?? 'This chain can’t run in one transaction.',
      );
    }
  }
  const asked = input.rescue ?? false;
  if (asked && target.policy.rescue === 'off') {
    throw new BackstepError(
      'invalid_input',
      'The policy of this target keeps no rescue copies. Run without one, or have rescue set to ask for this target.',
    );
  }
  return { allOrNothing, rescue: asked || target.policy.rescue === 'always' };
}
