'use client';

import type { Policy } from '@/lib/core/policy';
import type { TimelineStep } from '@/lib/core/timeline';
import { formatCount } from './format-count';
import { formatRunning, useRoomNow } from './room-clock';
import { StatementErrorText } from './statement-error';

export interface UndoneNoteProps {
  state: TimelineStep;
  policy: Policy;
  /** A statement that runs on its own may be half done. */
  halfDone: boolean;
}

/** Why a step was rolled back, who was in its way, and whether it is tried again. */
export function UndoneNote({ state, policy, halfDone }: UndoneNoteProps) {
  const atStatement =
    state.error?.statementIndex !== undefined &&
    state.statements[state.error.statementIndex] !== undefined;
  return (
    <div className="border-t border-line-soft px-4 py-2.5 text-sm max-md:px-3">
      {state.error && !atStatement ? (
        <p className="mb-1 text-xs text-danger-text">
          <StatementErrorText error={state.error} />
        </p>
      ) : null}
      {state.blockers.length > 0 ? (
        <p className="text-text-2">
          The lock was held by{' '}
          {state.blockers
            .slice(0, 3)
            .map((blocker) => `pid ${blocker.pid} (${blocker.applicationName || blocker.user})`)
            .join(', ')}
          {state.blockers.length > 3
            ? ` and ${formatCount(state.blockers.length - 3, 'more session')}`
            : ''}
          .
        </p>
      ) : null}
      <p>
        {leftWords(state, halfDone)}{' '}
        {state.retryInMs !== null && state.undoneAt ? (
          <Retry
            state={state}
            undoneAt={state.undoneAt}
            retryInMs={state.retryInMs}
            policy={policy}
          />
        ) : null}
      </p>
    </div>
  );
}

/** What of the step is in the database all the same. */
function leftWords(state: TimelineStep, halfDone: boolean): string {
  if (state.partsDone === 0 && !halfDone) {
    return 'Nothing of this step is left in the database.';
  }
  const kept = state.statements.filter((statement) => statement.kept);
  const numbers = kept.map(({ index }) => index + 1).join(', ');
  const sentences = [
    ...(kept.length > 0
      ? [
          `${kept.length === 1 ? 'Statement' : 'Statements'} ${numbers} ${kept.length === 1 ? 'is' : 'are'} in for good; the rest of the step was rolled back.`,
        ]
      : []),
    ...(halfDone ? ['A statement that runs on its own may be half done.'] : []),
  ];
  const next =
    state.retryInMs === null ? 'Resume finishes the step.' : 'The next try finishes the step.';
  return [...sentences, next].join(' ');
}

function Retry(props: {
  state: TimelineStep;
  undoneAt: string;
  retryInMs: number;
  policy: Policy;
}) {
  const { state, undoneAt, retryInMs, policy } = props;
  const left = Date.parse(undoneAt) + retryInMs - useRoomNow(100);
  return (
    <span className="font-medium tabular-nums">
      Try {state.attempt + 1} of {policy.step_attempts}{' '}
      {left > 0 ? `in ${formatRunning(left)}` : 'starts now'}.
    </span>
  );
}
