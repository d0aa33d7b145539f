import { type Ctx, tables } from '@/lib/control';
import type { RescuedCopy } from '@/lib/rescue';
import type { RunKey } from './epoch';

const { rescues } = tables;

/** A rescue copy with the statement that it was made for. */
export interface KeptCopy extends RescuedCopy {
  position: number;
  statementIndex: number;
}

/** Writes down copies that are on the target for good; those that are known already stay as they are. */
export async function recordRescues(
  tx: Pick<Ctx, 'db'>,
  key: RunKey,
  copies: readonly KeptCopy[],
): Promise<void> {
  if (copies.length === 0) return;
  await tx.db
    .insert(rescues)
    .values(
      copies.map(({ position, statementIndex, kind, subject, copy, rows, bytes, mergeSql }) => ({
        rollbackId: key.rollbackId,
        target: key.target,
        position,
        statementIndex,
        kind,
        subject,
        copy,
        rows,
        bytes: Math.round(bytes),
        mergeSql,
      })),
    )
    .onConflictDoNothing();
}
