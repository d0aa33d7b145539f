import type { RehearsalResult, RehearsedStep } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';

/** What the steps alone took: replaying the history is not part of the run. */
export function undoMs(result: Pick<RehearsalResult, 'steps'>): number {
  return result.steps.reduce((sum, step) => sum + step.durationMs, 0);
}

export interface MeasuredSteps {
  steps: RehearsedStep[];
  /** Label of the backup on whose rows they ran; null: on a schema without rows. */
  backup: string | null;
}

/**
 * The steps of this very plan with what each took: on the rows of a backup where they passed on one, else
 * as rehearsed without rows. Null while neither is there.
 */
export function measuredSteps(
  room: Pick<RollbackRoom, 'backup' | 'rehearsal' | 'digest'>,
): MeasuredSteps | null {
  const { backup, rehearsal, digest } = room;
  const onRows = backup?.testRestore?.rehearsal;
  if (backup && onRows?.ok && onRows.digest === digest) {
    return { steps: onRows.steps, backup: backup.label };
  }
  const steps = rehearsal?.digest === digest ? rehearsal.result?.steps : undefined;
  return steps ? { steps, backup: null } : null;
}
