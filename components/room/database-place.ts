import type { StepEvidence } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import type { RollbackStatus } from '@/lib/core/rollback';
import type { Timeline } from '@/lib/core/timeline';

/** Where the target's schema stands in the chain. */
export interface DatabasePlace {
  /** Steps that are committed. */
  done: number;
  /** Number of the newest migration that is in the database now. */
  at: string;
  /** Where it may be as well: the outcome of one COMMIT is unknown. */
  orAt: string | null;
  /** Every committed step left the schema that the rehearsal saw. Null while nothing is committed. */
  verified: boolean | null;
  /** Numbers of the migrations that are undone. */
  undone: string[];
}

/** The migration at the head once the first `done` steps of the plan are committed. */
export function headAfter(plan: Pick<Plan, 'from' | 'to' | 'steps'>, done: number): string {
  if (done <= 0) return plan.from.number;
  return plan.steps[done]?.number ?? plan.to.number;
}

/**
 * Reads the place from the live timeline and from the room, whichever knows more: a committed step
 * never becomes uncommitted.
 */
export function placeOf(
  plan: Pick<Plan, 'from' | 'to' | 'steps'>,
  steps: readonly StepEvidence[],
  timeline: Timeline,
  status: RollbackStatus,
): DatabasePlace {
  let done = 0;
  while (
    done < plan.steps.length &&
    (timeline.steps[done]?.state === 'committed' || steps[done]?.status === 'committed')
  ) {
    done += 1;
  }
  const told = timeline.steps[done]?.state === 'unknown' || steps[done]?.status === 'unknown';
  const open = done < plan.steps.length && (told || status === 'unknown');
  const verifications = plan.steps
    .slice(0, done)
    .map((_, i) => timeline.steps[i]?.verification ?? steps[i]?.verification ?? null);
  return {
    done,
    at: headAfter(plan, done),
    orAt: open ? headAfter(plan, done + 1) : null,
    verified: done === 0 ? null : verifications.every((found) => found?.ok === true),
    undone: plan.steps.slice(0, done).map((step) => step.number),
  };
}
