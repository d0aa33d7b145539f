'use client';

import { useId, useState } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Duration } from '@/components/ui/duration';
import { Panel } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import type { Blocker } from '@/lib/core/events';
import type { Plan, PlanStep } from '@/lib/core/plan';
import type { Policy } from '@/lib/core/policy';
import type { TimelineStep, TimelineTermination } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { BlockerCards } from './blocker-cards';
import { formatCount } from './format-count';
import { RoomElapsed } from './room-clock';
import { nodeLook } from './run-node-look';
import { StepEvents } from './step-events';
import { UndoneNote } from './undone-note';

export interface RunNodeProps {
  plan: Plan;
  step: PlanStep;
  state: TimelineStep;
  estimateMs: number | null;
  policy: Policy;
  over: boolean;
  room: Pick<RollbackRoom, 'gates' | 'steps'>;
  terminations: readonly TimelineTermination[];
  lastEventAt: string | null;
  onTerminate: (blocker: Blocker) => void;
}

/** One step of the run: what it is doing or has done, and what stands in its way. */
export function RunNode(props: RunNodeProps) {
  const {
    plan,
    step,
    state,
    estimateMs,
    policy,
    over,
    room,
    terminations,
    lastEventAt,
    onTerminate,
  } = props;
  const look = nodeLook(state, over);
  const titleId = useId();
  const listId = useId();
  // On a phone what is done folds, so that what goes on is in sight.
  const [unfolded, setUnfolded] = useState(false);
  const done = state.state === 'committed' || state.state === 'ready';
  // What was left half done may have been put away since: the end of a run writes that down.
  const intended = state.statements.some(({ intent }) => intent);
  const halfDone = intended && !(over && room.steps[state.position]?.intentPart === null);
  return (
    <Panel aria-labelledby={titleId} tone={look.frame}>
      <div className="flex min-h-10 flex-wrap items-center gap-x-2.5 gap-y-1 px-4 py-1 max-md:px-3 max-md:py-2">
        <h3
          id={titleId}
          className={classNames(
            'min-w-0 font-mono text-[0.8125rem] font-medium tracking-[-0.015em] wrap-anywhere',
            state.state === 'waiting' ? 'text-text-2' : 'text-text',
          )}
        >
          {step.tag}
        </h3>
        <StatusChip tone={look.chip.tone} icon={look.chip.icon} busy={look.chip.busy}>
          {look.chip.word}
        </StatusChip>
        {state.attempt > 1 ? (
          <span className="text-xs text-text-2 tabular-nums">
            try {state.attempt} of {policy.step_attempts}
          </span>
        ) : null}
        <span className="ml-auto text-sm whitespace-nowrap tabular-nums">
          <StepTime state={state} />{' '}
          {estimateMs === null ? null : (
            <Duration estimate milliseconds={estimateMs} className="text-text-3" />
          )}
        </span>
      </div>
      {done ? (
        <div className="flex items-center justify-between px-3 pb-2 text-xs text-text-2 md:hidden">
          {doneWords(state)}
          <button
            type="button"
            aria-expanded={unfolded}
            aria-controls={listId}
            aria-label={`${unfolded ? 'Hide' : 'Show'} what ${step.tag} did`}
            onClick={() => setUnfolded(!unfolded)}
            className="link -mr-2 min-h-10 px-2"
          >
            {unfolded ? 'Hide' : 'Show'}
          </button>
        </div>
      ) : null}
      {look.open ? (
        <div id={listId} className={classNames(done && !unfolded && 'max-md:hidden')}>
          <StepEvents plan={plan} step={step} state={state} lastEventAt={lastEventAt} />
        </div>
      ) : null}
      {state.state === 'lock' || state.before ? (
        <BlockerCards
          room={room}
          state={state}
          policy={policy}
          terminations={terminations}
          onTerminate={onTerminate}
        />
      ) : null}
      {state.state === 'undone' ? (
        <UndoneNote state={state} policy={policy} halfDone={halfDone} />
      ) : null}
    </Panel>
  );
}

function StepTime({ state }: { state: TimelineStep }) {
  if (state.durationMs !== null) {
    return <Duration milliseconds={state.durationMs} className="font-semibold" />;
  }
  const ticking =
    state.state === 'running' || state.state === 'lock' || state.state === 'committing';
  return ticking && state.startedAt ? (
    <RoomElapsed since={state.startedAt} className="font-semibold" />
  ) : null;
}

function doneWords(state: TimelineStep): string {
  const rows = state.statements.reduce((sum, statement) => sum + (statement.rows ?? 0), 0);
  const statements = formatCount(state.statements.length, 'statement');
  return rows > 0 ? `${statements}, ${formatCount(rows, 'row')}` : statements;
}
