import { eq, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type Ctx,
  changeStatus,
  databaseNow,
  inTransaction,
  loadFacts,
  tables,
} from '@/lib/control';
import { requirePermission, SYSTEM_ACTOR } from '@/lib/core/actor';
import { canonicalJson } from '@/lib/core/digest';
import type { PlanCheck } from '@/lib/core/evidence';
import { isInside } from '@/lib/core/parts';
import { type RollbackStatus, rollbackLabel } from '@/lib/core/rollback';
import { compareFiles, comparePlan } from './compare-plan';
import { voidApprovals } from './void-approvals';

const { rollbacks } = tables;

/** Statuses in which the answer is kept: what the gates are asked with before a run or a resume. */
const KEPT_IN: readonly RollbackStatus[] = ['draft', 'awaiting_approval', 'approved', 'stopped'];
/** Statuses in which somebody relies on the plan as it was approved. */
const VOIDED_IN: readonly RollbackStatus[] = ['awaiting_approval', 'approved'];

/**
 * Compares the pinned plan with files and database as they are now and keeps the answer. A change
 * voids what was asked for or approved: the rollback is a draft again. A target that can't be read
 * closes the gate and voids nothing. Of a rollback that has ended, the last answer is given.
 * @param options.live false: the files alone; that answer is no whole one, and is not kept
 * @throws BackstepError `forbidden`, `not_found`, `config_invalid`
 */
export async function checkPlan(
  ctx: Ctx,
  rollbackId: number,
  options: { live?: boolean } = {},
): Promise<PlanCheck> {
  requirePermission(ctx.actor, 'target.read');
  const seen = await loadFacts(ctx, rollbackId);
  const { status, planDigest, stepsDone, plan, planCheck } = seen.row;
  if (!KEPT_IN.includes(status) && status !== 'running') {
    return planCheck ?? { checkedAt: (await databaseNow(ctx)).toISOString(), changes: [] };
  }
  const inside = isInside(seen.steps[stepsDone]);
  if (options.live === false) {
    const changes = await compareFiles(seen.target, plan, stepsDone);
    return { checkedAt: (await databaseNow(ctx)).toISOString(), changes };
  }
  const changes = await comparePlan(seen.target, plan, { stepsDone, inside });
  const check: PlanCheck = { checkedAt: (await databaseNow(ctx)).toISOString(), changes };
  if (KEPT_IN.includes(status)) {
    // Backstep itself voids; the person who happened to look did not.
    await keep({ ...ctx, actor: SYSTEM_ACTOR }, rollbackId, { planDigest, stepsDone }, check);
  }
  return check;
}

/** @param compared what the check was made of; if it moved on meanwhile, the answer is about the past */
async function keep(
  ctx: Ctx,
  rollbackId: number,
  compared: { planDigest: string; stepsDone: number },
  check: PlanCheck,
): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    const { row } = await loadFacts(tx, rollbackId, { lock: true });
    if (row.planDigest !== compared.planDigest || row.stepsDone !== compared.stepsDone) return;
    if (!KEPT_IN.includes(row.status)) return;
    await tx.db.update(rollbacks).set({ planCheck: check }).where(eq(rollbacks.id, rollbackId));
    const changed = check.changes.filter((change) => change.kind !== 'unreadable');
    const known = canonicalJson(row.planCheck?.changes ?? []) === canonicalJson(check.changes);
    if (changed.length > 0 && !known) {
      await appendEvent(tx, rollbackId, 'plan.changed', { changes: changed });
    }
    if (changed.length === 0 || !VOIDED_IN.includes(row.status)) return;
    const reason = changed.map((change) => change.message).join(' ');
    const voided = await voidApprovals(tx, rollbackId, reason);
    await changeStatus(tx, rollbackId, VOIDED_IN, 'draft', { approvalRequestedAt: sql`null` });
    await appendAudit(tx, {
      action: 'approval.void',
      subject: rollbackLabel(rollbackId),
      target: row.target,
      outcome: 'done',
      payload: {
        digest: row.planDigest,
        was: row.status,
        approvals_voided: voided,
        changes: changed,
      },
    });
  });
}
