import { classNames } from '@/components/ui/class-names';
import type { Timeline, TimelineState } from '@/lib/core/timeline';
import type { DatabasePlace } from './database-place';

const LOOK: Record<TimelineState, string> = {
  waiting: 'bg-sunken shadow-[inset_0_0_0_1px_var(--line)]',
  running: 'texture-busy-accent',
  committing: 'texture-busy-accent',
  lock: 'texture-busy-warn',
  ready: 'bg-accent',
  committed: 'bg-ok',
  undone: 'bg-warn',
  unknown: 'texture-busy-unknown',
};

const WORD: Record<TimelineState, string> = {
  waiting: 'not started',
  running: 'running',
  committing: 'committing',
  lock: 'waiting for a lock',
  ready: 'ready, not committed',
  committed: 'done',
  undone: 'rolled back',
  unknown: 'outcome unknown',
};

/** With more steps than this, single segments are too thin to be told apart. */
const MOST_SEGMENTS = 60;

/** One segment for each step. */
export function RunSegments({ timeline, place }: { timeline: Timeline; place: DatabasePlace }) {
  const states = timeline.steps.map((step): TimelineState => {
    if (step.position < place.done) return 'committed';
    const inDoubt = step.position === place.done || timeline.allOrNothing;
    return inDoubt && place.orAt ? 'unknown' : step.state;
  });
  const label = states.map((state, index) => `Step ${index + 1} ${WORD[state]}`).join(', ');
  return (
    <div role="img" aria-label={label} className="flex gap-[3px] px-4 pb-3.5">
      {states.length > MOST_SEGMENTS ? (
        <Share states={states} />
      ) : (
        states.map((state, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a segment is its place
          <span key={index} className={classNames('h-1.5 flex-1 rounded-full', LOOK[state])} />
        ))
      )}
    </div>
  );
}

function Share({ states }: { states: readonly TimelineState[] }) {
  const done = states.filter((state) => state === 'committed').length;
  const next = states[done];
  return (
    <>
      <span
        className={classNames('h-1.5 rounded-full', LOOK.committed)}
        style={{ flexGrow: done }}
      />
      {next ? <span className={classNames('h-1.5 grow rounded-full', LOOK[next])} /> : null}
      <span
        className={classNames('h-1.5 rounded-full', LOOK.waiting)}
        style={{ flexGrow: Math.max(0, states.length - done - 1) }}
      />
    </>
  );
}
