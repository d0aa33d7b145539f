import { formatCoarseDuration } from '@/components/ui/duration-format';
import type { IconName } from '@/components/ui/icon';
import type { Blocker } from '@/lib/core/events';
import type { Timeline, TimelineTermination } from '@/lib/core/timeline';

/** An executor that has not answered by then is away, and may be asked again. */
export const ANSWER_WITHIN_MS = 30_000;

/** The run looks again at least every five seconds: longer than this nobody has, and nobody knows. */
const AGES_FOR_MS = 10_000;

/** A blocker as it is now: the ages that were told have gone on since. */
export function aged(blocker: Blocker, toldAt: string | null, now: number): Blocker {
  if (toldAt === null) return blocker;
  const since = Math.min(Math.max(0, now - Date.parse(toldAt)), AGES_FOR_MS);
  const { transactionAgeMs, stateAgeMs } = blocker;
  return {
    ...blocker,
    transactionAgeMs: transactionAgeMs + since,
    ...(stateAgeMs === undefined ? {} : { stateAgeMs: stateAgeMs + since }),
  };
}

/** `idle in transaction for 3 min 52 s` */
export function stateWords({ state, stateAgeMs }: Blocker): string {
  const word = state || 'unknown';
  return stateAgeMs === undefined ? word : `${word} for ${formatCoarseDuration(stateAgeMs)}`;
}

/** Where it connects from; undefined where an older event does not say. */
export function clientWords({ client }: Blocker): string | undefined {
  return client === null ? 'local socket' : client;
}

/** The last word on ending a session, as long as it keeps from asking again. */
export function standingWord(
  termination: TimelineTermination | undefined,
  now: number,
): TimelineTermination | null {
  if (!termination || termination.state === 'failed') return null;
  const late = now - Date.parse(termination.at) > ANSWER_WITHIN_MS;
  return termination.state === 'requested' && late ? null : termination;
}

/** Whether the run waits for this session, or did at the try before the next: pids are used again. */
export function stillBlocks({ steps }: Pick<Timeline, 'steps'>, asked: Blocker): boolean {
  return steps.some(
    ({ state, before }) =>
      (state === 'lock' || state === 'undone' || state === 'running') &&
      before?.blockers.some(
        ({ pid, backendStart }) => pid === asked.pid && backendStart === asked.backendStart,
      ),
  );
}

/** What ending a session does and does not do. */
export function terminationConsequences(blocker: Blocker): [icon: IconName, text: string][] {
  const idle = blocker.state.startsWith('idle in transaction');
  return [
    [
      'undo',
      `The session is closed and its transaction, open for ${formatCoarseDuration(blocker.transactionAgeMs)}, is rolled back.`,
    ],
    ['danger', 'Its client gets an error and has to connect again.'],
    [
      'lock',
      idle
        ? 'It is idle in its transaction: there is no statement to cancel, so it can only be ended.'
        : 'It is in the middle of a statement, which is broken off. Wait, if that is about to end by itself.',
    ],
    [
      'ok',
      'Nothing else is touched, and it is ended only if it still stands in the way of this run.',
    ],
    ['history', 'Who ended it, and when, is kept in the history.'],
  ];
}
