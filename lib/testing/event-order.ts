import type { RollbackFacts } from '@/lib/control';
import type { RollbackEvent } from '@/lib/core/events';

/**
 * What a timeline may not say: gaps, a step told as committed twice or out of order, a statement of a
 * committed step or part that ran again, an end that is not the rollback's.
 */
export function eventProblems(
  events: readonly RollbackEvent[],
  { row, steps }: Pick<RollbackFacts, 'row' | 'steps'>,
): string[] {
  const problems: string[] = [];
  const gap = events.findIndex(({ seq }, index) => seq !== index + 1);
  if (gap >= 0) problems.push(`Event ${gap + 1} is missing.`);
  const committed = events.flatMap(committedPosition);
  const wanted = steps.filter(({ status }) => status === 'committed').map((step) => step.position);
  // One that was found out later may not be told yet.
  if (committed.join() !== wanted.join()) {
    problems.push(`The timeline commits ${committed.join()}, and the steps ${wanted.join()}.`);
  }
  problems.push(...repeatedWork(events));
  const end = events.findLast(({ kind }) => kind === 'run.finished');
  if (row.status !== 'running' && end?.kind === 'run.finished') {
    const { status, outcome, done } = end.payload;
    if (status !== row.status || outcome !== row.outcome || done !== row.stepsDone) {
      problems.push(
        `The timeline ends with ${status}, ${outcome}, ${done} steps, and the rollback is ${row.status}, ${row.outcome}, ${row.stepsDone}.`,
      );
    }
  }
  return problems;
}

function committedPosition(event: RollbackEvent): number[] {
  if (event.kind === 'step.committed') return [event.payload.position];
  if (event.kind !== 'run.reconciled' || event.payload.committed !== true) return [];
  return event.payload.position === null ? [] : [event.payload.position];
}

/** Nothing of a step or part that is in may be told again. */
function repeatedWork(events: readonly RollbackEvent[]): string[] {
  const problems: string[] = [];
  /** Statements that are in for good, as `position/index`. */
  const done = new Set<string>();
  /** Finished in the part that goes on. */
  let open: string[] = [];
  const committed = new Set<number>();
  for (const event of events) {
    const positions = committedPosition(event);
    for (const position of positions) committed.add(position);
    switch (event.kind) {
      case 'step.started':
      case 'step.undone':
        open = [];
        break;
      case 'part.committed':
        for (const key of open) done.add(key);
        open = [];
        break;
      case 'statement.finished': {
        const { position, index } = event.payload;
        const key = `${position}/${index}`;
        if (committed.has(position) || done.has(key) || open.includes(key)) {
          problems.push(`Event ${event.seq}: statement ${index} of step ${position} ran again.`);
        }
        open.push(key);
        break;
      }
      default:
    }
  }
  return problems;
}
