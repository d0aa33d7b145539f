import type { TimelineStatement } from '@/lib/core/timeline';

export type StatementRow =
  | { kind: 'statement'; index: number }
  /** Statements `from`…`to`, both included, all in the same state. */
  | { kind: 'fold'; from: number; to: number; state: TimelineStatement['state'] };

/** Below this a fold would hide less than it costs to understand it. */
const FOLD_FROM = 12;
/** Statements kept in sight at either end of a fold. */
const KEEP = 3;

/**
 * What of a step's statements is worth a line: all of a short script; of a long one the ends of
 * each stretch, so that what runs or failed stays in sight and ten thousand lines are never drawn.
 */
export function visibleStatements(statements: readonly TimelineStatement[]): StatementRow[] {
  const rows: StatementRow[] = [];
  let start = 0;
  while (start < statements.length) {
    const state = statements[start]?.state ?? 'waiting';
    let end = start;
    while (end + 1 < statements.length && statements[end + 1]?.state === state) end += 1;
    pushStretch(rows, start, end, state);
    start = end + 1;
  }
  return rows;
}

function pushStretch(
  rows: StatementRow[],
  start: number,
  end: number,
  state: TimelineStatement['state'],
): void {
  if (end - start + 1 < FOLD_FROM) {
    for (let index = start; index <= end; index++) rows.push({ kind: 'statement', index });
    return;
  }
  for (let index = start; index < start + KEEP; index++) rows.push({ kind: 'statement', index });
  rows.push({ kind: 'fold', from: start + KEEP, to: end - KEEP, state });
  for (let index = end - KEEP + 1; index <= end; index++) rows.push({ kind: 'statement', index });
}
