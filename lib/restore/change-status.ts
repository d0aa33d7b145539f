import { asc, eq, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import { type Ctx, tables } from '@/lib/control';
import { BackstepError, ConflictError } from '@/lib/core/errors';
import {
  parseRestoreLabel,
  RESTORE_STATUS_CHANGES,
  RESTORE_STATUS_LABELS,
  type RestoreStatus,
  restoreLabel,
} from '@/lib/core/restore';
import type { RestoreEvent } from '@/lib/core/restore-views';

const { restores, restoreEvents } = tables;

export type RestorePatch = PgUpdateSetSource<typeof restores>;

/** The control database's clock, as an expression. */
export const NOW = sql<string>`clock_timestamp()`;

/** Nobody works at it: an executor may claim it. */
export const UNCLAIMED = { executorId: null, heartbeatAt: null, askedAt: NOW };

/**
 * The number behind a label.
 * @throws BackstepError `not_found`
 */
export function findRestore(label: string): number {
  const id = parseRestoreLabel(label);
  if (id !== undefined) return id;
  throw new BackstepError(
    'not_found',
    `'${label}' is not an emergency restore. They are named like ER-0001.`,
  );
}

/**
 * The one writer of a restore's status. Call it inside a transaction, with the audit row beside it.
 * @param from the statuses that the caller has reasoned about; another one means somebody was faster
 * @throws ConflictError when the restore is in none of `from`
 */
export async function changeRestoreStatus(
  tx: Pick<Ctx, 'db'>,
  restoreId: number,
  from: readonly RestoreStatus[],
  to: RestoreStatus,
  patch: RestorePatch = {},
): Promise<void> {
  const [current] = await tx.db
    .select({ status: restores.status })
    .from(restores)
    .where(eq(restores.id, restoreId))
    .for('update');
  const change = RESTORE_STATUS_CHANGES.find(([a, b]) => a === current?.status && b === to);
  if (!current || !from.includes(current.status) || !change) {
    throw new ConflictError(
      current
        ? `${restoreLabel(restoreId)} is '${RESTORE_STATUS_LABELS[current.status]}' by now. Look at it again before you go on.`
        : `${restoreLabel(restoreId)} does not exist.`,
      { restoreId, status: current?.status, wanted: to },
    );
  }
  await tx.db
    .update(restores)
    .set({ ...patch, status: to })
    .where(eq(restores.id, restoreId));
  await appendRestoreEvent(tx, restoreId, 'status.changed', {
    from: current.status,
    to,
    why: change[2],
  });
}

/** Appends one event; its number is taken from the restore's row, so that numbers have no gaps. */
export async function appendRestoreEvent(
  ctx: Pick<Ctx, 'db'>,
  restoreId: number,
  kind: string,
  payload: Record<string, unknown>,
): Promise<void> {
  await ctx.db.execute(sql`
    WITH next AS (
      UPDATE ${restores} SET event_seq = event_seq + 1 WHERE id = ${restoreId} RETURNING event_seq
    )
    INSERT INTO ${restoreEvents} (restore_id, seq, kind, payload)
    SELECT ${restoreId}, event_seq, ${kind}, ${JSON.stringify(payload)}::jsonb FROM next`);
}

/** A restore has some dozens of events, oldest first here. */
export async function readRestoreEvents(
  ctx: Pick<Ctx, 'db'>,
  restoreId: number,
): Promise<RestoreEvent[]> {
  const rows = await ctx.db
    .select()
    .from(restoreEvents)
    .where(eq(restoreEvents.restoreId, restoreId))
    .orderBy(asc(restoreEvents.seq));
  return rows.map(({ seq, at, kind, payload }) => ({
    seq,
    at: new Date(at).toISOString(),
    kind,
    payload,
  }));
}
