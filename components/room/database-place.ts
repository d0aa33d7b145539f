import type { PlanCheck, StepEvidence } from '@/lib/core/evidence';
import { partsOf } from '@/lib/core/parts';
import type { Plan } from '@/lib/core/plan';
import type { RollbackStatus } from '@/lib/core/rollback';
import type { Timeline, TimelineStep } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';

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

/**
 * What somebody else has done to a target whose run has stopped, in the words of the last comparison;
 * null while nothing is known of that. Where the database is then, this rollback can't say.
 */
export function movedAway(room: {
  status: RollbackStatus;
  planCheck: PlanCheck | null;
}): string | null {
  if (room.status !== 'stopped') return null;
  const changes = room.planCheck?.changes ?? [];
  const rows = changes.filter(({ kind }) => kind === 'tracking_rows' || kind === 'database');
  const [first] = rows;
  if (!first) return null;
  return rows.length === 1 ? first.message : `${first.message} And ${rows.length - 1} more.`;
}

/**
 * Whether nobody looks at the target for this rollback any more: it was given up, or its guard is down.
 * What the run left is then a matter of the past, and may be long overtaken.
 */
export function isPast({ status, fence }: Pick<RollbackRoom, 'status' | 'fence'>): boolean {
  if (['rejected', 'cancelled', 'expired'].includes(status)) return true;
  return status === 'succeeded' && (fence === null || fence.releasedAt !== null);
}

/** How many steps are undone; of an open COMMIT nobody says that it is not. */
export function countWords({ done, orAt }: DatabasePlace, total: number): string {
  return orAt === null ? `${done} of ${total} undone` : `${done} of ${total} known to be undone`;
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
