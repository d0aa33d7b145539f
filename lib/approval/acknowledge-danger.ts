import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type Ctx,
  changeStatus,
  findRollback,
  inTransaction,
  loadFacts,
  type RollbackFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission, SYSTEM_ACTOR } from '@/lib/core/actor';
import type { Danger } from '@/lib/core/dangers';
import { BackstepError } from '@/lib/core/errors';
import { rollbackLabel } from '@/lib/core/rollback';
import { requireDigest } from './request-approval';

export const acknowledgeDangerInput = z.object({
  rollback: z.string(),
  /** The plan that the person has seen. */
  digest: z.string(),
  /** The danger's key, as the room gave it. */
  key: z.string(),
});

/**
 * Takes one danger of a plan on. A second time changes nothing: the first name stays. Whoever approved
 * before did not know of it, so their approval is void, and an approved rollback is a draft again.
 * @throws BackstepError `forbidden`, `gate_closed`, `conflict`, `not_found` when the plan has no such
 *   danger
 */
export async function acknowledgeDanger(
  ctx: Ctx,
  input: z.infer<typeof acknowledgeDangerInput>,
): Promise<void> {
  requirePermission(ctx.actor, 'approval.request');
  const { actor } = ctx;
  if (actor.kind !== 'user') throw new Error('only a person acknowledges a danger');
  const rollbackId = findRollback(input.rollback);
  await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'acknowledge', tx.actor);
    const digest = facts.row.planDigest;
    requireDigest(input.digest, digest);
    const danger = facts.input.dangers.find((one) => one.key === input.key);
    if (!danger) {
      throw new BackstepError(
        'not_found',
        'The plan has no such danger any more. Load the page again.',
      );
    }
    const added = await tx.db
      .insert(tables.acknowledgements)
      .values({ rollbackId, digest, key: danger.key, acknowledgedBy: actor.id })
      .onConflictDoNothing()
      .returning({ id: tables.acknowledgements.id });
    if (added.length === 0) return;
    await appendEvent(tx, rollbackId, 'danger.acknowledged', {
      key: danger.key,
      title: danger.title,
      by: actor.name,
    });
    await appendAudit(tx, {
      action: 'danger.acknowledge',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: {
        digest,
        migration: danger.tag,
        danger: danger.title,
        code: danger.code,
        line: danger.line,
      },
    });
    await voidEarlierApprovals({ ...tx, actor: SYSTEM_ACTOR }, facts, danger);
  });
}

/** A rehearsal made after the approval, or a stricter policy, brings dangers that no reviewer has seen. */
async function voidEarlierApprovals(
  tx: Ctx,
  { row }: RollbackFacts,
  danger: Danger,
): Promise<void> {
  const reason = `A danger was found after the approval: ${danger.title}`;
  const { approvals } = tables;
  const voided = await tx.db
    .update(approvals)
    .set({ voidedAt: sql`now()`, voidReason: reason })
    .where(and(eq(approvals.rollbackId, row.id), isNull(approvals.voidedAt)))
    .returning({ id: approvals.id });
  if (row.status === 'approved') {
    await changeStatus(tx, row.id, ['approved'], 'draft', { approvalRequestedAt: sql`null` });
  } else if (voided.length === 0) return;
  await appendAudit(tx, {
    action: 'approval.void',
    subject: rollbackLabel(row.id),
    target: row.target,
    outcome: 'done',
    payload: {
      digest: row.planDigest,
      was: row.status,
      approvals_voided: voided.length,
      danger: danger.title,
    },
  });
}
