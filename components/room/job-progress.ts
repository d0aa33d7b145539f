import type { EventPayloads, RollbackEvent } from '@/lib/core/events';

type ProgressKind = 'rehearsal.progress' | 'backup.progress';

/**
 * The newest progress of a job. Events come faster than the room is read, so they win.
 * @param id of the rehearsal or backup; progress of an earlier one says nothing about it
 */
export function latestProgress<K extends ProgressKind>(
  events: readonly RollbackEvent[],
  kind: K,
  id: number,
): EventPayloads[K] | null {
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index];
    if (event?.kind !== kind) continue;
    const payload = event.payload as EventPayloads[ProgressKind];
    const job = 'rehearsalId' in payload ? payload.rehearsalId : payload.backupId;
    return job === id ? (payload as EventPayloads[K]) : null;
  }
  return null;
}

/** The newest progress of a test restore; undefined while no event has told any. */
export function latestTestProgress(
  events: readonly RollbackEvent[],
  id: number,
): EventPayloads['test_restore.progress'] | undefined {
  const told = events.findLast(
    (event) => event.kind === 'test_restore.progress' && event.payload.testRestoreId === id,
  );
  return told?.kind === 'test_restore.progress' ? told.payload : undefined;
}
