import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { findTarget } from '@/lib/config';
import { ADVISORY_LOCKS, appendEvent, type Ctx, inTransaction, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError, ConflictError } from '@/lib/core/errors';
import { OPEN_STATUSES, rollbackLabel, STATUS_LABELS } from '@/lib/core/rollback';
import { buildPlan } from './build-plan';
import { type PinDeps, pinSteps } from './pin-steps';

const { rollbacks } = tables;

export const createRollbackInput = z.object({
  target: z.string().min(1),
  /** Key of the migration that shall be the head. */
  to: z.string().min(1),
  reason: z
    .string()
    .trim()
    .min(1, 'Say why: reviewers and the record need a reason.')
    .max(2_000, 'The reason may have 2,000 characters at most.'),
  incident: z
    .string()
    .trim()
    .max(200, 'The incident may have 200 characters at most.')
    .optional()
    .transform((text) => text || undefined),
});

/**
 * Pins the way back to one migration and opens a rollback with it; its rehearsal is queued along.
 * @throws BackstepError `forbidden`, `invalid_input`, `not_found`, `plan_refused`, `conflict` when
 *   the target has an open rollback, and whatever keeps files or database from being read
 */
export async function createRollback(
  ctx: Ctx,
  input: z.input<typeof createRollbackInput>,
  deps: PinDeps,
): Promise<{ id: number; label: string }> {
  requirePermission(ctx.actor, 'rollback.create');
  const { actor } = ctx;
  if (actor.kind !== 'user') {
    throw new BackstepError('forbidden', 'A rollback is asked for by a person.');
  }
  const asked = parse(input);
  const target = findTarget(ctx.config, asked.target);
  // Before the reading, which takes a while, and again under the lock, where it counts.
  await refuseSecond(ctx, target.name);
  const { plan, digest } = await buildPlan(ctx, target, asked.to);
  return inTransaction(ctx, async (tx) => {
    await tx.db.execute(
      sql`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.newRollback}::int, hashtext(${target.name}))`,
    );
    await refuseSecond(tx, target.name);
    const [row] = await tx.db
      .insert(rollbacks)
      .values({
        target: target.name,
        environment: target.environment,
        reason: asked.reason,
        incident: asked.incident,
        requestedBy: actor.id,
        plan,
        planDigest: digest,
        stepsTotal: plan.steps.length,
      })
      .returning({ id: rollbacks.id });
    if (!row) throw new Error('the rollback was not inserted');
    const label = rollbackLabel(row.id);
    await pinSteps(tx, row.id, plan);
    await appendEvent(tx, row.id, 'plan.pinned', { digest, again: false });
    await deps.queueRehearsal(tx, row.id, digest);
    await appendAudit(tx, {
      action: 'rollback.create',
      subject: label,
      target: target.name,
      outcome: 'done',
      payload: {
        digest,
        from: plan.from.tag,
        to: plan.to.tag,
        reason: asked.reason,
        incident: asked.incident,
        steps: plan.steps.map((step) => ({
          tag: step.tag,
          rollback: step.rollbackFile,
          sha256: step.rollbackSha256,
        })),
      },
    });
    return { id: row.id, label };
  });
}

function parse(input: z.input<typeof createRollbackInput>): z.output<typeof createRollbackInput> {
  const parsed = createRollbackInput.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BackstepError('invalid_input', issue?.message ?? 'The input is not valid.', {
    details: { field: issue?.path.join('.') },
  });
}

const OPEN_REMEDY = 'Open it and bring it to its end, or cancel it, before you create another.';

/** Two plans for one target would each be void as soon as the other has run. */
async function refuseSecond(ctx: Pick<Ctx, 'db'>, target: string): Promise<void> {
  const [open] = await ctx.db
    .select({ id: rollbacks.id, status: rollbacks.status })
    .from(rollbacks)
    .where(and(eq(rollbacks.target, target), inArray(rollbacks.status, [...OPEN_STATUSES])))
    .orderBy(desc(rollbacks.id))
    .limit(1);
  if (!open) return;
  const label = rollbackLabel(open.id);
  throw new ConflictError(
    `${label} is open on '${target}' (${STATUS_LABELS[open.status]}). ${OPEN_REMEDY}`,
    { rollback: label, status: open.status },
  );
}
