import { and, eq, isNull, sql } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';

const { approvals } = tables;

/** Marks every approval of a rollback as void. @returns how many there were */
export async function voidApprovals(tx: Ctx, rollbackId: number, reason: string): Promise<number> {
  const voided = await tx.db
    .update(approvals)
    .set({ voidedAt: sql`now()`, voidReason: reason })
    .where(and(eq(approvals.rollbackId, rollbackId), isNull(approvals.voidedAt)))
    .returning({ id: approvals.id });
  return voided.length;
}
