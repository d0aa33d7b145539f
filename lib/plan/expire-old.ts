import { inArray } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { type Ctx, changeStatus, inTransaction, loadFacts, tables } from '@/lib/control';
import { approvalGate, type GateInput } from '@/lib/core/gates';
import { type RollbackStatus, rollbackLabel } from '@/lib/core/rollback';

const { rollbacks } = tables;

const EXPIRES_IN: readonly RollbackStatus[] = ['awaiting_approval', 'approved'];
const HOUR_MS = 3_600_000;

/**
 * Ends requests that nobody decided in time and approvals that are too old to run on, by the control
 * database's clock. The executor calls it in its sweep.
 * @returns labels of what has expired
 */
export async function expireOld(ctx: Ctx): Promise<string[]> {
  const waiting = await ctx.db
    .select({ id: rollbacks.id, target: rollbacks.target })
    .from(rollbacks)
    .where(inArray(rollbacks.status, [...EXPIRES_IN]))
    .orderBy(rollbacks.id);
  const expired: string[] = [];
  for (const { id, target } of waiting) {
    // Without its target there is no policy to go by. It waits until the configuration has it again.
    if (!ctx.config.targets.some((candidate) => candidate.name === target)) continue;
    if (await expire(ctx, id)) expired.push(rollbackLabel(id));
  }
  return expired;
}

function expire(ctx: Ctx, rollbackId: number): Promise<boolean> {
  return inTransaction(ctx, async (tx) => {
    const { row, input } = await loadFacts(tx, rollbackId, { lock: true });
    if (!EXPIRES_IN.includes(row.status) || !tooOld(input)) return false;
    await changeStatus(tx, rollbackId, EXPIRES_IN, 'expired');
    await appendAudit(tx, {
      action: 'rollback.expire',
      subject: rollbackLabel(rollbackId),
      target: row.target,
      outcome: 'done',
      payload: { was: row.status, max_age_hours: input.policy.approval_max_age_hours },
    });
    return true;
  });
}

function tooOld(input: GateInput): boolean {
  if (input.status === 'awaiting_approval') {
    const { approvalRequestedAt: at, now, policy } = input;
    return at !== null && Date.parse(at) < now - policy.approval_max_age_hours * HOUR_MS;
  }
  // Enough approvals if age did not count, and too few as it does: a policy that asks for more
  // approvals than before closes the gate too, but makes nothing old.
  return approvalGate({ ...input, now: 0 }).open && !approvalGate(input).open;
}
