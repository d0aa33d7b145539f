import type { StepEvidence } from './evidence';
import type { Statement } from './statement';

/** A run of statements that are committed together, or one statement that commits by itself. */
export interface Part {
  /** 0-based within the step. */
  index: number;
  transactional: boolean;
  /** Indexes of its statements; empty only in a closing part that takes the tracking row alone. */
  statements: number[];
}

/**
 * A step in the parts that it has to be run in. Most steps are one transaction and have one part. A
 * statement that can't run inside a transaction is a part of its own, and the last part is always a
 * transaction: the tracking row goes only when everything before it is in.
 */
export function partsOf(statements: readonly Pick<Statement, 'index' | 'transactional'>[]): Part[] {
  const parts: Part[] = [];
  for (const { index, transactional } of statements) {
    const last = parts.at(-1);
    if (transactional && last?.transactional) last.statements.push(index);
    else parts.push({ index: parts.length, transactional, statements: [index] });
  }
  if (!parts.at(-1)?.transactional) {
    parts.push({ index: parts.length, transactional: true, statements: [] });
  }
  return parts;
}

/**
 * Whether a step that is not done has changed the target all the same: some of its parts are in for
 * good, or a statement that ran alone has left something half done. The schema is then neither the one
 * before the step nor the one after it.
 */
export function isInside(
  step: Pick<StepEvidence, 'status' | 'partsDone' | 'intentPart'> | undefined,
): boolean {
  if (!step || step.status === 'committed') return false;
  return step.partsDone > 0 || (step.intentPart ?? null) !== null;
}
