import type { EventKind, RollbackEvent } from '@/lib/core/events';

/**
 * Adds events to those already known: ascending by `seq`, each once. Returns the same array when
 * there was nothing new, so that nothing is rendered again.
 */
export function mergeEvents(
  known: readonly RollbackEvent[],
  incoming: readonly RollbackEvent[],
): RollbackEvent[] {
  const last = known.at(-1)?.seq ?? 0;
  const continues = incoming.every(
    (event, index) => event.seq > (incoming[index - 1]?.seq ?? last),
  );
  if (continues)
    return incoming.length === 0 ? (known as RollbackEvent[]) : [...known, ...incoming];
  const bySeq = new Map(known.map((event) => [event.seq, event]));
  let added = false;
  for (const event of incoming) {
    if (bySeq.has(event.seq)) continue;
    bySeq.set(event.seq, event);
    added = true;
  }
  if (!added) return known as RollbackEvent[];
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Events that move the timeline and leave status, evidence and gates as they were. */
const TIMELINE_ONLY: ReadonlySet<EventKind> = new Set<EventKind>([
  'rehearsal.progress',
  'backup.progress',
  'test_restore.progress',
  'preflight.check',
  'step.started',
  'statement.started',
  'statement.finished',
  'lock.waiting',
  'setting.reset',
  'tracking.removed',
  'fence.raised',
  'step.committing',
]);

/** Whether the room has to be read again after this event. */
export function changesRoom(kind: EventKind): boolean {
  return !TIMELINE_ONLY.has(kind);
}

/** An event from the wire; undefined for anything that is not one. */
export function parseEvent(data: string): RollbackEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const event = value as Partial<RollbackEvent>;
  const whole =
    Number.isInteger(event.seq) &&
    typeof event.at === 'string' &&
    typeof event.kind === 'string' &&
    typeof event.payload === 'object' &&
    event.payload !== null;
  return whole ? (event as RollbackEvent) : undefined;
}
