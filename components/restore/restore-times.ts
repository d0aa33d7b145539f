import type { RestoreRoom } from '@/lib/core/restore-views';

type Told = Pick<RestoreRoom, 'createdAt' | 'events' | 'acts' | 'heartbeatAt'>;

/** When something of this restore was told for the last time, by whomever. */
export function lastToldAt({ createdAt, events, acts, heartbeatAt }: Told): string {
  const last = acts.at(-1);
  return [createdAt, events.at(-1)?.at, last?.at, last?.endedAt, heartbeatAt]
    .filter((at) => typeof at === 'string')
    .reduce((a, b) => (Date.parse(b) > Date.parse(a) ? b : a));
}

/** Since when it is in the status in which it is. */
export function statusSince({ createdAt, events }: Pick<Told, 'createdAt' | 'events'>): string {
  return events.findLast(({ kind }) => kind === 'status.changed')?.at ?? createdAt;
}

/** What a person has asked for beside the way through, and the executor has not told the end of. */
export function waitingFor(
  room: Pick<Told, 'events'> & {
    status: RestoreRoom['status'];
    gates: { steps: readonly Pick<RestoreRoom['gates']['steps'][number], 'step' | 'state'>[] };
  },
): { words: string; since: string }[] {
  const { events, gates, status } = room;
  const dropping = gates.steps.some(
    ({ step, state }) => step === 'clean_up' && state === 'working',
  );
  const waits: [kind: string, words: string, open: boolean][] = [
    [
      'restore.cancel_requested',
      'Cancel was asked for; what was restored so far is dropped first.',
      status === 'restoring',
    ],
    ['former.drop_requested', 'The drop of what is kept was asked for.', dropping],
    ['fence.release_requested', 'The release of the fence was asked for.', true],
  ];
  return waits.flatMap(([kind, words, open]) => {
    const at = open ? openSince(events, kind) : undefined;
    return at === undefined ? [] : [{ words, since: at }];
  });
}

/** A cancel is over with the status, a release with its answer; the newest of the kind counts. */
function openSince(events: Told['events'], kind: string): string | undefined {
  const index = events.findLastIndex((event) => event.kind === kind);
  const later = events.slice(index + 1);
  const over =
    (kind === 'restore.cancel_requested' && later.some((one) => one.kind === 'status.changed')) ||
    (kind === 'fence.release_requested' &&
      later.some((one) => one.kind === 'fence.released' || one.kind === 'fence.release_failed'));
  return over ? undefined : events[index]?.at;
}
