import type { ReappliedRow } from '@/lib/core/events';
import type { TrackingRow } from '@/lib/core/migration';
import type { Plan } from '@/lib/core/plan';
import { rollbackLabel } from '@/lib/core/rollback';
import type { FenceState } from '@/lib/target';
import { rowsAfter } from '@/lib/undo';

/** What a look at a target says about the guard that a rollback has left there. */
export interface FenceFindings {
  /** The trigger should stand and does not. */
  removed: boolean;
  /** Refusals in all; null when nobody counts. */
  refusals: number | null;
  /** Rows that the rollback has not left there. */
  reapplied: ReappliedRow[];
}

/**
 * @param stepsDone as it was before the target was looked at: it only rises, so that a run that goes on
 *   meanwhile raises no false alarm
 */
export function fenceFindings(
  fence: { kind: 'trigger' | 'watch'; rollbackId: number },
  plan: Pick<Plan, 'rows' | 'steps'>,
  stepsDone: number,
  state: FenceState,
): FenceFindings {
  const left = new Set(rowsAfter(plan.rows, plan.steps, stepsDone).map(identityOf));
  const tags = new Map(plan.steps.map((step) => [step.row.hash, step.tag]));
  // Another rollback has made the trigger its own, and with it the count, before that is written down.
  const isOurs = state.fence?.rollback === rollbackLabel(fence.rollbackId);
  return {
    removed: fence.kind === 'trigger' && state.fence === null,
    refusals: fence.kind === 'trigger' && isOurs ? state.refusals : null,
    reapplied: state.rows
      .filter((row) => !left.has(identityOf(row)))
      .map((row) => ({
        tag: tags.get(row.hash) ?? row.name ?? null,
        hash: row.hash,
        createdAt: row.createdAt,
      })),
  };
}

/** A restored row has another id; what it stands for are its hash and its time. */
const identityOf = (row: TrackingRow): string => `${row.hash} ${row.createdAt}`;

/** The sentence of an alert. */
export function reappliedMessage(rows: readonly ReappliedRow[], to: string): string {
  const names = rows.map(
    ({ tag, hash }) => tag ?? `a migration with the hash ${hash.slice(0, 12)}`,
  );
  const list =
    names.length > 3
      ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
      : names.join(', ');
  return `${list} ${rows.length === 1 ? 'is' : 'are'} applied again after this rollback to ${to}: a newer release has booted. Stop what boots it; then roll back again, or go on with the newer release.`;
}
