import { and, eq, inArray, type SQL } from 'drizzle-orm';
import { ConflictError } from '@/lib/core/errors';
import {
  type RollbackStatus,
  rollbackLabel,
  STATUS_CHANGES,
  STATUS_LABELS,
} from '@/lib/core/rollback';
import type { Ctx } from './context';
import { appendEvent } from './events';
import { rollbacks } from './schema';

type RollbackPatch = Partial<
  Pick<typeof rollbacks.$inferInsert, 'outcome' | 'outcomeMessage' | 'stepsDone'>
> & {
  /** The database's clock, as an expression. */
  approvalRequestedAt?: SQL;
};

/**
 * The one writer of a rollback's status. Call it inside a transaction, with the audit row beside it.
 * @param from the statuses that the caller has reasoned about; another one means somebody was faster
 * @throws ConflictError when the rollback is in none of `from`
 */
export async function changeStatus(
  ctx: Ctx,
  rollbackId: number,
  from: readonly RollbackStatus[],
  to: RollbackStatus,
  patch: RollbackPatch = {},
): Promise<void> {
  const [current] = await ctx.db
    .select({ status: rollbacks.status })
    .from(rollbacks)
    .where(eq(rollbacks.id, rollbackId))
    .for('update');
  const change = STATUS_CHANGES.find(([a, b]) => a === current?.status && b === to);
  if (!current || !from.includes(current.status) || !change) {
    throw new ConflictError(
      current
        ? `${rollbackLabel(rollbackId)} is '${STATUS_LABELS[current.status]}' by now. Look at it again before you go on.`
        : `${rollbackLabel(rollbackId)} does not exist.`,
      { rollbackId, status: current?.status, wanted: to },
    );
  }
  await ctx.db
    .update(rollbacks)
    .set({ ...patch, status: to })
    .where(and(eq(rollbacks.id, rollbackId), inArray(rollbacks.status, [...from])));
  await appendEvent(ctx, rollbackId, 'status.changed', {
    from: current.status,
    to,
    why: change[2],
  });
}
