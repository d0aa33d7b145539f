import type { RehearsalResult } from '@/lib/core/evidence';

/** What the steps alone took: replaying the history is not part of the run. */
export function undoMs(result: RehearsalResult): number {
  return result.steps.reduce((sum, step) => sum + step.durationMs, 0);
}
