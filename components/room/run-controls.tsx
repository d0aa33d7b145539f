'use client';

import { Button } from '@/components/ui/button';
import { classNames } from '@/components/ui/class-names';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { type DatabasePlace, headAfter } from './database-place';
import { useRoomActions } from './room-actions';
import { activeStep } from './run-phase';

/** Where each way of ending leaves the database. */
export function stopWords(room: RollbackRoom, timeline: Timeline, place: DatabasePlace): string {
  const step = activeStep(timeline);
  if (timeline.allOrNothing && timeline.steps.some((one) => one.startedAt !== null)) {
    return `All steps are committed together: Stop only keeps it from being tried again. Cancel undoes all of them and stays at ${place.at}.`;
  }
  // A COMMIT that may be in is taken back by neither.
  if (!step && place.orAt !== null) {
    return `Both end before the next step; the database is at ${place.at} or at ${place.orAt}.`;
  }
  if (!step) return `Both end before the next step and leave the database at ${place.at}.`;
  const after = headAfter(room.plan, step.position + 1);
  return `Stop ends at ${after}. Cancel undoes step ${step.position + 1} and stays at ${place.at}.`;
}

export interface RunControlsProps {
  room: RollbackRoom;
  timeline: Timeline;
  place: DatabasePlace;
  className?: string;
}

/** Stop and cancel, with the sentence that tells them apart. */
export function RunControls({ room, timeline, place, className }: RunControlsProps) {
  const actions = useRoomActions();
  const { stop_run: stop, cancel_run: cancel } = room.gates.actions;
  if (stop.roleOnly !== undefined) {
    return (
      <p className={classNames('text-xs text-text-2', className)}>
        <span className="font-medium text-text">Stop and cancel:</span> {stop.reason}
      </p>
    );
  }
  const asked = stop.allowed ? null : stop.reason;
  const { failure } = actions;
  const failed = failure?.action === 'stop_run' || failure?.action === 'cancel_run';
  return (
    <div className={classNames('flex flex-col items-end gap-1.5', className)}>
      <div className="flex flex-wrap justify-end gap-2">
        <Button
          icon="stepForward"
          disabledReason={asked}
          reasonPlacement="hidden"
          pending={actions.pending === 'stop_run'}
          onClick={() => void actions.perform('stop_run')}
        >
          Stop after this step
        </Button>
        <Button
          icon="stop"
          variant="danger-outline"
          disabledReason={cancel.allowed ? null : cancel.reason}
          reasonPlacement="hidden"
          pending={actions.pending === 'cancel_run'}
          onClick={() => void actions.perform('cancel_run')}
        >
          Cancel now
        </Button>
      </div>
      {failed && failure ? (
        <p role="alert" className="max-w-[23rem] text-right text-xs text-danger-text">
          {failure.message}
        </p>
      ) : null}
      <p className="max-w-[23rem] text-right text-xs text-text-2">
        {(cancel.allowed ? asked : cancel.reason) ?? ''} {stopWords(room, timeline, place)}
      </p>
    </div>
  );
}
