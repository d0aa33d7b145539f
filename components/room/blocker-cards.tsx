'use client';

import type { ReactNode } from 'react';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { Icon } from '@/components/ui/icon';
import { Meter } from '@/components/ui/meter';
import type { Blocker } from '@/lib/core/events';
import type { Policy } from '@/lib/core/policy';
import type { TimelineStep, TimelineTermination } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { formatCount } from './format-count';
import { formatRunning, useRoomNow } from './room-clock';
import { TerminateBlocker } from './terminate-blocker';

export interface BlockerCardsProps {
  room: Pick<RollbackRoom, 'gates'>;
  state: TimelineStep;
  policy: Policy;
  terminations: readonly TimelineTermination[];
}

/** Named in full; with more than these the names are in pg_stat_activity. */
const SHOWN = 3;

/** Who holds the lock that the step waits for, and what happens if nobody does anything. */
export function BlockerCards({ room, state, policy, terminations }: BlockerCardsProps) {
  const rest = state.blockers.length - SHOWN;
  return (
    <div className="border-t border-line-soft px-4 py-3 max-md:px-3">
      <div className="overflow-clip rounded-md border border-warn-line">
        <div className="flex flex-wrap items-center gap-x-2 border-b border-warn-line bg-warn-soft px-3 py-2 text-sm font-semibold text-warn-text">
          <Icon name="lock" />
          Blocked by {formatCount(state.blockers.length, 'session')}
          <span className="ml-auto text-xs font-medium max-md:ml-6 max-md:w-full">
            {state.queuedBehind === 0
              ? 'nobody waits behind this step'
              : `${formatCount(state.queuedBehind, 'session')} ${state.queuedBehind === 1 ? 'waits' : 'wait'} behind this step`}
          </span>
        </div>
        {state.blockers.slice(0, SHOWN).map((blocker) => (
          <BlockerFacts key={blocker.pid} blocker={blocker}>
            <TerminateBlocker
              room={room}
              blocker={blocker}
              termination={terminations.find(({ pid }) => pid === blocker.pid)}
            />
          </BlockerFacts>
        ))}
        {rest > 0 ? (
          <p className="border-t border-line-soft px-3 py-2 text-xs text-text-2">
            and {formatCount(rest, 'more session')}
          </p>
        ) : null}
      </div>
      <GivesUp state={state} policy={policy} />
    </div>
  );
}

function BlockerFacts({ blocker, children }: { blocker: Blocker; children: ReactNode }) {
  return (
    <div className="not-first:border-t not-first:border-line-soft">
      <dl className="flex flex-wrap gap-x-6 gap-y-2 px-3 pt-2.5 pb-2 text-sm max-md:grid max-md:grid-cols-2">
        <Fact label="pid">
          <span className="mono">{blocker.pid}</span>
        </Fact>
        <Fact label="application_name">{blocker.applicationName || 'none'}</Fact>
        <Fact label="User">{blocker.user}</Fact>
        {blocker.client ? <Fact label="Client">{blocker.client}</Fact> : null}
        <Fact label="State">
          {blocker.state || 'unknown'}
          {blocker.stateAgeMs === undefined
            ? ''
            : `, for ${formatCoarseDuration(blocker.stateAgeMs)}`}
        </Fact>
        <Fact label="Transaction open for">
          <span className="text-warn-text tabular-nums">
            {formatCoarseDuration(blocker.transactionAgeMs)}
          </span>
        </Fact>
        {blocker.holds && blocker.holds.length > 0 ? (
          <Fact label="Holds, and we wait for it">{blocker.holds.join(', ')}</Fact>
        ) : null}
      </dl>
      {blocker.query ? (
        <div className="px-3 pb-3">
          <code className="block max-h-24 overflow-y-auto rounded-sm bg-sunken px-2.5 py-1.5 text-xs leading-[18px] wrap-anywhere whitespace-pre-wrap">
            {blocker.query}
          </code>
        </div>
      ) : null}
      {children}
    </div>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs font-medium text-text-3">{label}</dt>
      <dd className="font-medium wrap-anywhere">{children}</dd>
    </div>
  );
}

/** The wait is bounded: it says for how long still, and what comes then. */
function GivesUp({ state, policy }: Pick<BlockerCardsProps, 'state' | 'policy'>) {
  const now = useRoomNow(100);
  if (!state.waitingSince) return null;
  const limit = policy.lock_timeout_ms;
  const waited = Math.max(0, now - Date.parse(state.waitingSince));
  const left = Math.max(0, limit - waited);
  const frees =
    state.queuedBehind > 0
      ? `, lets the ${formatCount(state.queuedBehind, 'session')} through`
      : '';
  const then =
    state.attempt < policy.step_attempts
      ? ', then tries again'
      : ', and the run stops at a clean step';
  const words = `${formatRunning(left)} left`;
  return (
    <div className="mt-3">
      <div className="mb-1 flex flex-wrap justify-between gap-x-3 gap-y-0.5 text-xs text-text-2">
        <span>
          If you do nothing: the step is rolled back after {formatRunning(limit)} of waiting{frees}
          {then}
        </span>
        <span className="ml-auto font-medium whitespace-nowrap text-text tabular-nums">
          {words} · try {state.attempt} of {policy.step_attempts}
        </span>
      </div>
      <Meter
        label="Time until the step gives up"
        valueText={words}
        value={waited}
        max={limit}
        tone="warn"
      />
    </div>
  );
}
