'use client';

import { LiveRegion } from '@/components/ui/live-region';
import { OUTCOME_LABELS } from '@/lib/core/rollback';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';

export interface RoomAnnouncerProps {
  room: RollbackRoom;
  timeline: Timeline;
}

/**
 * Says when a step of the run begins, waits, ends. Failed and unknown are the banners' own alerts;
 * times are never announced.
 */
export function RoomAnnouncer({ room, timeline }: RoomAnnouncerProps) {
  return <LiveRegion message={announcement(room, timeline)} />;
}

/** The newest thing worth interrupting silence for; the same words as long as nothing new happened. */
export function announcement(room: RollbackRoom, timeline: Timeline): string {
  if (room.status !== 'running') {
    return room.outcome && room.outcome !== 'outcome_unknown'
      ? `${OUTCOME_LABELS[room.outcome]}.`
      : '';
  }
  const total = room.plan.steps.length;
  const current = timeline.steps.findLast((step) => step.state !== 'waiting');
  if (!current) return 'The run has been started. Checks before the run.';
  const step = room.plan.steps[current.position];
  const name = `Step ${current.position + 1} of ${total}, ${step?.number ?? ''}`;
  switch (current.state) {
    case 'lock':
      return `${name}: waiting for a lock.`;
    case 'committed':
      return current.verification?.ok
        ? `${name}: undone and verified.`
        : `${name}: undone and committed.`;
    case 'ready':
      return `${name}: ready, not committed.`;
    case 'undone':
      return current.partsDone > 0 ? `${name}: stopped inside.` : `${name}: rolled back.`;
    case 'unknown':
      return `${name}: outcome unknown.`;
    default:
      return `${name}: running.`;
  }
}
