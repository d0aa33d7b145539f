import { formatCoarseDuration, formatDuration } from '@/components/ui/duration-format';
import type { MeasuredTime, OtherWays } from '@/lib/core/decision';

/** '≈ 8.1 s, rehearsed on B-0003 with its rows' */
export function timeWords(time: MeasuredTime | null, unknown: string): string {
  return time ? `≈ ${formatDuration(time.ms)}, ${time.on}` : unknown;
}

const MOST_NAMED = 4;

/** Who uses the database now: whoever rolls back or restores takes it from under them. */
export function sessionWords({
  sessions,
  sessionsError,
}: Pick<OtherWays, 'sessions' | 'sessionsError'>): string {
  if (!sessions) return `Who uses the database now is not known: ${sessionsError ?? 'no answer'}`;
  if (sessions.length === 0) return 'Nobody else is connected to the database now.';
  const total = sessions.reduce((sum, one) => sum + one.sessions, 0);
  const named = sessions
    .slice(0, MOST_NAMED)
    .map(
      ({ application, user, sessions: count, oldestMs }) =>
        `${application || `${user}, no application name`} ${count}${
          oldestMs === null ? '' : ` (oldest transaction ${formatCoarseDuration(oldestMs)})`
        }`,
    );
  const more = sessions.length - named.length;
  return `${total} ${total === 1 ? 'session uses' : 'sessions use'} the database now: ${named.join(', ')}${
    more > 0 ? ` and ${more} more` : ''
  }.`;
}
