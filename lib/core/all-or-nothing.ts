import type { RehearsalResult } from './evidence';
import type { Plan } from './plan';

/** Beyond this, one transaction would hold its locks for too long. */
export const ALL_OR_NOTHING_MAX_MS = 10_000;

/**
 * Whether the rest of a chain may run in one transaction: every lock is held until the end, so it is
 * offered only where that is short, and only where every statement can be taken back.
 * @param stepsDone steps that are in already
 */
export function allOrNothingOffer(
  plan: Pick<Plan, 'steps'>,
  stepsDone: number,
  rehearsal: Pick<RehearsalResult, 'steps'> | null,
): { offered: boolean; reason?: string } {
  const left = plan.steps.slice(stepsDone);
  for (const step of left) {
    const alone = step.statements.find((statement) => !statement.transactional);
    if (alone)
      return {
        offered: false,
        reason: `Line ${alone.line} of ${step.rollbackFile} can’t run inside a transaction.`,
      };
  }
  if (left.length < 2) return { offered: false, reason: 'One step is one transaction anyhow.' };
  if (!rehearsal) return { offered: false, reason: 'The plan has not been rehearsed yet.' };
  const ms = rehearsal.steps
    .filter(({ position }) => position >= stepsDone)
    .reduce((sum, step) => sum + step.durationMs, 0);
  if (ms > ALL_OR_NOTHING_MAX_MS)
    return {
      offered: false,
      reason: `The rehearsal took ${(ms / 1_000).toFixed(0)} s; one transaction would hold every lock for as long or longer.`,
    };
  return { offered: true };
}
