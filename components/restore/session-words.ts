import { formatCount } from '@/components/room/format-count';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import type { RestoreWay } from '@/lib/core/restore';
import type { RestoreSurroundings, SwapSessions } from '@/lib/core/restore-views';

type Found = NonNullable<RestoreSurroundings['found']>;

/** How many sessions a swap ends. */
export const sessionCount = ({ sessions }: Pick<Found, 'sessions'>): number =>
  sessions.reduce((sum, one) => sum + one.sessions, 0);

/** `chat-web`, or what is known of somebody who gives no name. */
export const programOf = ({ application, user }: Pick<SwapSessions, 'application' | 'user'>) =>
  application || (user ? `no name, ${user}` : 'no name');

/** `10.0.3.7`, `this machine`; a role that may not see the state may not see the address either. */
export function clientOf({ client, doing }: Pick<SwapSessions, 'client' | 'doing'>): string {
  if (client !== null) return client;
  return doing.every(({ state }) => state === null) ? 'not shown to the role' : 'local socket';
}

/** `3 idle, 1 active` */
export function doingWords({ doing }: Pick<SwapSessions, 'doing'>): string {
  if (doing.every(({ state }) => state === null)) return 'not shown to the role';
  return doing
    .map(({ state, sessions }) => `${sessions.toLocaleString('en-US')} ${state ?? 'not shown'}`)
    .join(', ');
}

const MOST_NAMED = 3;

/** Who is put out, as a sentence of the dialog: `7 sessions are ended: chat-web 4, worker 3.` */
export function endedWords({ found, error }: RestoreSurroundings): string {
  if (!found) return `How many sessions that ends is not known. ${error ?? 'No answer.'}`;
  const total = sessionCount(found);
  if (total === 0) return 'Nobody is connected now; whoever connects in the middle is put out.';
  const named = new Map<string, number>();
  for (const one of found.sessions)
    named.set(programOf(one), (named.get(programOf(one)) ?? 0) + one.sessions);
  const most = [...named].sort(([, a], [, b]) => b - a);
  const rest = most.length - MOST_NAMED;
  const inTransaction = found.sessions.reduce((sum, one) => sum + one.inTransaction, 0);
  const oldest = Math.max(...found.sessions.map(({ oldestMs }) => oldestMs ?? 0));
  return [
    `${formatCount(total, 'session')} ${total === 1 ? 'is' : 'are'} ended: ${most
      .slice(0, MOST_NAMED)
      .map(([name, count]) => `${name} ${count.toLocaleString('en-US')}`)
      .join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`,
    inTransaction > 0
      ? `${inTransaction.toLocaleString('en-US')} in a transaction, the oldest for ${formatCoarseDuration(oldest)}.`
      : null,
  ]
    .filter(Boolean)
    .join(' ');
}

/** What the name is typed for. */
export function purposeOf(
  surroundings: RestoreSurroundings | undefined,
  what: 'swap' | 'swap back',
): string {
  const total = surroundings?.found ? sessionCount(surroundings.found) : 0;
  return total === 0 ? `to ${what}` : `to end ${formatCount(total, 'session')} and ${what}`;
}

/**
 * What holds on to the database, each as what it means and what to do. In place the database stays the
 * one that it is, and so does what belongs to it.
 */
export function holdWords(
  { prepared, slots, subscriptions }: Found,
  way: RestoreWay,
): { stops: string[]; stays: string[] } {
  const moved = way === 'in_place' ? 'the tables can’t be locked' : 'the database can’t be renamed';
  return {
    stops:
      prepared.length === 0
        ? []
        : [
            `${formatCount(prepared.length, 'prepared transaction')} (${namesOf(prepared.map(({ gid }) => gid))}): until each has ended by COMMIT PREPARED or ROLLBACK PREPARED, ${moved}, and the swap is refused.`,
          ],
    stays: way === 'in_place' ? [] : staysBehind({ slots, subscriptions }),
  };
}

function staysBehind({ slots, subscriptions }: Pick<Found, 'slots' | 'subscriptions'>): string[] {
  return [
    ...(slots.length === 0
      ? []
      : [
          `${formatCount(slots.length, 'logical replication slot')} (${namesOf(slots.map(({ name }) => name))}): ${slots.length === 1 ? 'it stays' : 'they stay'} with the database that is swapped out. What reads from ${slots.length === 1 ? 'it' : 'them'} needs a new slot, and a new copy of the data.`,
        ]),
    ...(subscriptions.length === 0
      ? []
      : [
          `${formatCount(subscriptions.length, 'subscription')} (${namesOf(subscriptions)}): ${subscriptions.length === 1 ? 'it stays' : 'they stay'} with the database that is swapped out. Create ${subscriptions.length === 1 ? 'it' : 'them'} anew in the restored one.`,
        ]),
  ];
}

function namesOf(names: readonly string[]): string {
  const more = names.length - 5;
  return names.slice(0, 5).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
