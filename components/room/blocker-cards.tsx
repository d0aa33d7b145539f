'use client';

import { Icon } from '@/components/ui/icon';
import { Meter } from '@/components/ui/meter';
import type { Blocker } from '@/lib/core/events';
import type { Policy } from '@/lib/core/policy';
import type { TimelineStep, TimelineTermination } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { BlockerFacts } from './blocker-facts';
import { aged } from './blocker-words';
import { formatCount } from './format-count';
import { formatRunning, useRoomNow } from './room-clock';
import { TerminateBlocker } from './terminate-blocker';

export interface BlockerCardsProps {
  room: Pick<RollbackRoom, 'gates'>;
  state: TimelineStep;
  policy: Policy;
  terminations: readonly TimelineTermination[];
  onTerminate: (blocker: Blocker) => void;
}

/** Named in full; with more than these the names are in pg_stat_activity. */
const SHOWN = 3;

/** Who holds the lock that the step waits for, and what happens if nobody does anything. */
export function BlockerCards(props: BlockerCardsProps) {
  const { room, state, policy, terminations, onTerminate } = props;
  // Between two tries, who was in the way at the last one.
  const waits = state.state === 'lock';
  const blockers = waits ? state.blockers : (state.before?.blockers ?? []);
  const seenAt = waits ? state.blockersAt : (state.before?.at ?? null);
  const rest = blockers.length - SHOWN;
  const now = useRoomNow(1_000);
  return (
    <div className="border-t border-line-soft px-4 py-3 max-md:px-3">
      <div className="overflow-clip rounded-md border border-warn-line">
        <div className="flex flex-wrap items-center gap-x-2 border-b border-warn-line bg-warn-soft px-3 py-2 text-sm font-semibold text-warn-text">
          <Icon name="lock" />
          {waits ? 'Blocked by' : 'At the try before, blocked by'}{' '}
          {formatCount(blockers.length, 'session')}
          <span className="ml-auto text-xs font-medium max-md:ml-6 max-md:w-full">
            {waits ? queueWords(state.queuedBehind) : 'the step is tried again'}
          </span>
        </div>
        {blockers.slice(0, SHOWN).map((blocker) => (
          <div key={blocker.pid} className="not-first:border-t not-first:border-line-soft">
            <BlockerFacts blocker={aged(blocker, seenAt, now)} />
            <TerminateBlocker
              room={room}
              blocker={blocker}
              termination={terminations.find(({ pid }) => pid === blocker.pid)}
              onTerminate={onTerminate}
            />
          </div>
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

const queueWords = (queued: number): string =>
  queued === 0
    ? 'nobody waits behind this step'
    : `${formatCount(queued, 'session')} ${queued === 1 ? 'waits' : 'wait'} behind this step`;

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
      : state.partsDone > 0
        ? ', and the run stops inside it'
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
