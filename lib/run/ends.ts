import type { RollbackFacts } from '@/lib/control';
import { isInside, partsOf } from '@/lib/core/parts';
import type { PlanStep } from '@/lib/core/plan';
import type { Outcome } from '@/lib/core/rollback';

/** How a run ends, as it is written down. */
export interface RunEnd {
  status: 'succeeded' | 'stopped' | 'unknown';
  outcome: Outcome;
  done: number;
  total: number;
  message: string;
}

/** The words for an end between two steps. */
export function stoppedEnd(
  done: number,
  total: number,
): Omit<RunEnd, 'message'> & { status: 'stopped' } {
  return {
    status: 'stopped',
    outcome: done === 0 ? 'nothing_changed' : 'stopped_clean',
    done,
    total,
  };
}

/** How far a step has come that was left in the middle. */
export interface Inside {
  step: PlanStep;
  /** Parts that are in for good. */
  partsDone: number;
  /** What a statement outside of a transaction has left half done, as a sentence. */
  left: string | undefined;
}

/** A step that an earlier run has left in the middle; null for one that it has not begun. */
export function leftInside(
  facts: Pick<RollbackFacts, 'row' | 'steps'>,
  position: number,
): Inside | null {
  const step = facts.row.plan.steps[position];
  const evidence = facts.steps[position];
  if (!step || !evidence || !isInside(evidence)) return null;
  const half = (evidence.intentPart ?? null) !== null;
  return {
    step,
    partsDone: evidence.partsDone,
    left: half
      ? 'A statement of it that runs outside of a transaction may be half done.'
      : undefined,
  };
}

/** An end of a run that goes no further: between two steps, or inside of one that is several parts. */
export function stoppedAt(
  done: number,
  total: number,
  inside: Inside | null,
  message: string,
): RunEnd {
  const end = stoppedEnd(done, total);
  const words = inside ? insideWords(inside) : null;
  return words === null
    ? { ...end, message }
    : { ...end, outcome: 'changed_unverified', message: `${message} ${words}` };
}

/** Null when nothing of the step is in. */
function insideWords({ step, partsDone, left }: Inside): string | null {
  const statements = partsOf(step.statements)
    .slice(0, partsDone)
    .flatMap((part) => part.statements);
  if (statements.length === 0 && left === undefined) return null;
  const of = `of ${step.rollbackFile}`;
  const last = step.statements[statements.at(-1) ?? -1];
  const sentences = [
    ...(statements.length === 1 ? [`The first statement ${of} is in for good.`] : []),
    ...(statements.length > 1
      ? [
          `The first ${statements.length} statements ${of}, to line ${last?.line ?? 1}, are in for good.`,
        ]
      : []),
    ...(left === undefined ? [] : [left]),
    'Resume finishes the step.',
  ];
  return sentences.join(' ');
}
