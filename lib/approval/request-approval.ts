import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  type Ctx,
  changeStatus,
  findRollback,
  inTransaction,
  loadFacts,
  requireAction,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { PlanCheck } from '@/lib/core/evidence';
import { rollbackLabel } from '@/lib/core/rollback';
import { whatIsLost } from './what-is-lost';

export const requestApprovalInput = z.object({
  rollback: z.string(),
  /** The plan that the requester has seen. */
  digest: z.string(),
});

export interface ApprovalDeps {
  /** Compares the pinned plan with today and keeps the answer. */
  checkPlan(ctx: Ctx, rollbackId: number): Promise<PlanCheck>;
}

/**
 * Asks the reviewers for their word on exactly this digest.
 * @throws BackstepError `forbidden`, `gate_closed`, `conflict`
 */
export async function requestApproval(
  ctx: Ctx,
  input: z.infer<typeof requestApprovalInput>,
  deps: ApprovalDeps,
): Promise<void> {
  requirePermission(ctx.actor, 'approval.request');
  const rollbackId = findRollback(input.rollback);
  await deps.checkPlan(ctx, rollbackId);
  await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'request_approval', tx.actor);
    requireDigest(input.digest, facts.row.planDigest);
    await changeStatus(tx, rollbackId, ['draft'], 'awaiting_approval', {
      approvalRequestedAt: sql`clock_timestamp()`,
    });
    await appendAudit(tx, {
      action: 'approval.request',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: {
        digest: facts.row.planDigest,
        backup: facts.input.backup?.label ?? null,
        rehearsal: facts.input.rehearsal?.id ?? null,
        ...whatIsLost(facts),
      },
    });
  });
}

/** @throws BackstepError `conflict` when the plan is another one than the person has seen */
export function requireDigest(seen: string, pinned: string): void {
  if (seen === pinned) return;
  throw new BackstepError(
    'conflict',
    'The plan was pinned again since this page was loaded. Look at it first.',
  );
}
