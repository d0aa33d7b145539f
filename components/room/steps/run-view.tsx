'use client';

import type { Contact } from '@/components/live/contact';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { BeforeRun } from '../before-run';
import type { DatabasePlace } from '../database-place';
import { ManualCheck } from '../manual-check';
import { OutcomeBanner } from '../outcome-banner';
import { PlanChanges } from '../plan-changes';
import { PreflightList } from '../preflight-list';
import { measuredSteps } from '../rehearsal-times';
import { RescuePanel } from '../rescue-panel';
import { RunControls } from '../run-controls';
import { RunHeader } from '../run-header';
import { RunNotes } from '../run-notes';
import { RunTimeline } from '../run-timeline';

export interface RunViewProps {
  room: RollbackRoom;
  timeline: Timeline;
  place: DatabasePlace;
  contact: Contact;
}

/** The run: what stands before it, what it does, what it left. */
export function RunView({ room, timeline, place, contact }: RunViewProps) {
  const running = room.status === 'running';
  if (!room.run) {
    return (
      <div className="flex flex-col gap-3">
        <PlanChanges room={room} />
        <BeforeRun room={room} />
      </div>
    );
  }
  const begun = timeline.steps.some((step) => step.state !== 'waiting');
  return (
    <div className="flex flex-col gap-3">
      <OutcomeBanner room={room} timeline={timeline} place={place} />
      {room.status === 'stopped' ? <PlanChanges room={room} /> : null}
      {room.status === 'unknown' ? <ManualCheck room={room} place={place} /> : null}
      <RunHeader
        room={room}
        timeline={timeline}
        place={place}
        contact={contact}
        controls={
          running ? (
            <RunControls room={room} timeline={timeline} place={place} className="max-md:hidden" />
          ) : undefined
        }
      />
      <PreflightList
        checks={timeline.checks}
        running={running && !begun}
        lastEventAt={timeline.lastEventAt}
      />
      <RunTimeline
        plan={room.plan}
        timeline={timeline}
        rehearsed={measuredSteps(room)?.steps ?? null}
        policy={room.policy}
        over={!running}
        room={room}
      />
      <RescuePanel room={room} />
      <RunNotes notes={timeline.notes} />
    </div>
  );
}
