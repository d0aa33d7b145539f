import type { StepEvidence } from '@/lib/core/evidence';
import { partsOf } from '@/lib/core/parts';
import type { Plan } from '@/lib/core/plan';
import type { RollbackStatus } from '@/lib/core/rollback';
import type { Timeline, TimelineStep } from '@/lib/core/timeline';

/** Where the target's schema stands in the chain. */
export interface DatabasePlace {
  /** Steps that are committed. */
  done: number;
  /** Number of the newest migration that is in the database now. */
  at: string;
  /** Where it may be as well: the outcome of one COMMIT is unknown. */
  orAt: string | null;
  /** The next step is in by half: what of it has been committed stays, and its tracking row stands. */
  inside: InsideStep | null;
  /** Every committed step left the schema that the rehearsal saw. Null while nothing is committed. */
  verified: boolean | null;
  /** Numbers of the migrations that are undone. */
  undone: string[];
}

export interface InsideStep {
  position: number;
  /** Number of its migration. */
  number: string;
  /** Where its end leads to. */
  next: string;
  /** Statements that are in for good. */
  kept: number;
  /** One that was sent outside of a transaction may be half done. */
  left: boolean;
}

/** The migration at the head once the first `done` steps of the plan are committed. */
export function headAfter(plan: Pick<Plan, 'from' | 'to' | 'steps'>, done: number): string {
  if (done <= 0) return plan.from.number;
  return plan.steps[done]?.number ?? plan.to.number;
}

/**
 * Reads the place from the live timeline and from the room, whichever knows more: a committed step
 * never becomes uncommitted.
 * @param allOrNothing the steps that are left go in together or not at all
 */
export function placeOf(
  plan: Pick<Plan, 'from' | 'to' | 'steps'>,
  steps: readonly StepEvidence[],
  timeline: Timeline,
  status: RollbackStatus,
  allOrNothing = timeline.allOrNothing,
): DatabasePlace {
  let done = 0;
  while (
    done < plan.steps.length &&
    (timeline.steps[done]?.state === 'committed' || steps[done]?.status === 'committed')
  ) {
    done += 1;
  }
  // What the end of a run has settled is known, whatever was written down before.
  const told =
    status !== 'stopped' &&
    (timeline.steps[done]?.state === 'unknown' || steps[done]?.status === 'unknown');
  const open = done < plan.steps.length && (told || status === 'unknown');
  const verifications = plan.steps
    .slice(0, done)
    .map((_, i) => timeline.steps[i]?.verification ?? steps[i]?.verification ?? null);
  return {
    done,
    at: headAfter(plan, done),
    orAt: open ? headAfter(plan, allOrNothing ? plan.steps.length : done + 1) : null,
    inside: insideOf(plan, steps[done], timeline.steps[done], status),
    verified: done === 0 ? null : verifications.every((found) => found?.ok === true),
    undone: plan.steps.slice(0, done).map((step) => step.number),
  };
}

function insideOf(
  plan: Pick<Plan, 'from' | 'to' | 'steps'>,
  evidence: StepEvidence | undefined,
  state: TimelineStep | undefined,
  status: RollbackStatus,
): InsideStep | null {
  const position = evidence?.position ?? state?.position ?? plan.steps.length;
  const step = plan.steps[position];
  const partsDone = Math.max(evidence?.partsDone ?? 0, state?.partsDone ?? 0);
  // While the run goes on, a statement that was sent alone is simply under way.
  const left = status !== 'running' && (evidence?.intentPart ?? null) !== null;
  if (!step || (partsDone === 0 && !left)) return null;
  const kept = partsOf(step.statements)
    .slice(0, partsDone)
    .reduce((sum, part) => sum + part.statements.length, 0);
  return { position, number: step.number, next: headAfter(plan, position + 1), kept, left };
}
