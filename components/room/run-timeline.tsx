'use client';

import { type ReactNode, useMemo, useState } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import type { Blocker } from '@/lib/core/events';
import type { RehearsedStep } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import type { Policy } from '@/lib/core/policy';
import type { Timeline, TimelineStep } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { RunNode } from './run-node';
import { nodeLook } from './run-node-look';
import { TerminateDialog } from './terminate-dialog';

export interface RunTimelineProps {
  plan: Plan;
  timeline: Timeline;
  /** As rehearsed, on real rows where there are any; null while nobody knows. */
  rehearsed: readonly RehearsedStep[] | null;
  policy: Policy;
  /** The run has ended: nothing that waits will start by itself. */
  over: boolean;
  room: Pick<RollbackRoom, 'gates' | 'steps'>;
}

/** Every step of the run, from top to bottom. A function of the timeline and the plan alone. */
export function RunTimeline(props: RunTimelineProps) {
  const { plan, timeline, rehearsed, policy, over, room } = props;
  const [asked, setAsked] = useState<Blocker | null>(null);
  const estimates = useMemo(
    () => plan.steps.map((step) => rehearsed?.[step.position]?.durationMs ?? null),
    [plan, rehearsed],
  );
  return (
    <>
      <ol aria-label="Timeline of the run">
        {plan.steps.map((step, position) => {
          const state = timeline.steps[position];
          if (!state) return null;
          const last = position === plan.steps.length - 1;
          return (
            <Node
              key={step.tag}
              state={state}
              verified={state.verification?.ok}
              last={last}
              over={over}
            >
              <RunNode
                plan={plan}
                step={step}
                state={state}
                estimateMs={estimates[position] ?? null}
                policy={policy}
                over={over}
                room={room}
                terminations={timeline.terminations}
                lastEventAt={timeline.lastEventAt}
                onTerminate={setAsked}
              />
            </Node>
          );
        })}
      </ol>
      <TerminateDialog
        room={room}
        timeline={timeline}
        blocker={asked}
        onClose={() => setAsked(null)}
      />
    </>
  );
}

function Node(props: {
  state: TimelineStep;
  verified: boolean | undefined;
  last: boolean;
  over: boolean;
  children: ReactNode;
}) {
  const { state, last, over, children } = props;
  const look = nodeLook(state, over);
  return (
    <li className="relative pb-3 pl-10 last:pb-0 max-md:pl-8">
      {last ? null : (
        <span
          aria-hidden
          className={classNames(
            'absolute top-7 -bottom-1 left-[13px] w-0.5 max-md:left-[11px]',
            look.line,
          )}
        />
      )}
      <span
        aria-hidden
        className={classNames(
          'absolute top-1.5 left-0 z-1 flex size-7 items-center justify-center rounded-full border-[1.5px] text-xs font-semibold max-md:top-2 max-md:size-6',
          look.mark,
        )}
      >
        {look.busy ? (
          <Spinner size={14} />
        ) : look.icon ? (
          <Icon name={look.icon} size={14} />
        ) : (
          state.position + 1
        )}
      </span>
      {children}
    </li>
  );
}
