'use client';

import type { ReactNode } from 'react';
import type { Contact } from '@/components/live/contact';
import { classNames } from '@/components/ui/class-names';
import { formatCoarseDuration, formatDuration } from '@/components/ui/duration-format';
import { Icon } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import { toneText } from '@/components/ui/tone';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import type { DatabasePlace } from './database-place';
import { DatabasePlaceLine } from './database-place-line';
import { LiveIndicator } from './live-indicator';
import { undoMs } from './rehearsal-times';
import { formatRunning, RoomAgo, RoomElapsed, useRoomNow } from './room-clock';
import { type RunPhase, runPhase } from './run-phase';
import { RunSegments } from './run-segments';

export interface RunHeaderProps {
  room: RollbackRoom;
  timeline: Timeline;
  place: DatabasePlace;
  contact: Contact;
  /** Stop and cancel, where the run can still be steered. */
  controls?: ReactNode;
}

/** The run in one glance: what it does, for how long, how far, and where the database is. */
export function RunHeader({ room, timeline, place, contact, controls }: RunHeaderProps) {
  const running = room.status === 'running';
  const phase = running ? runPhase(room.run, timeline) : endPhase(room);
  const result = room.rehearsal?.result;
  return (
    <section
      aria-label="Run"
      className="overflow-clip rounded-lg border border-line bg-surface shadow-rest"
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 pt-4 pb-3.5">
        <div className="min-w-0 flex-1 basis-64">
          <PhaseLine phase={phase} />
          {running ? <Silence room={room} /> : null}
          <p className="mt-1 flex flex-wrap items-baseline gap-x-2.5">
            <Elapsed room={room} timeline={timeline} />
            <span className="text-sm text-text-2 tabular-nums">
              {result ? `≈ ${formatDuration(undoMs(result))} rehearsed` : 'not rehearsed'}
              <span aria-hidden className="mx-1.5 text-line-2">
                ·
              </span>
              {stepWords(room, place, phase)}
              {room.run?.allOrNothing ? ', in one transaction' : ''}
            </span>
          </p>
        </div>
        {controls}
      </div>
      <RunSegments timeline={timeline} place={place} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line bg-raised px-4 py-2.5 text-sm">
        <DatabasePlaceLine place={place} />
        <LiveIndicator contact={contact} lastEventAt={timeline.lastEventAt} className="ml-auto" />
      </div>
    </section>
  );
}

/** The line of a run that is not going on. */
function endPhase(room: RollbackRoom): RunPhase {
  if (room.status === 'unknown') {
    return { word: 'No answer for', tone: 'unknown', icon: 'unknown', position: null };
  }
  const again = room.run && room.run.number > 1 ? `, resumed ${room.run.number - 1}×` : '';
  return { word: `The run has ended${again}`, tone: 'accent', icon: 'flag', position: null };
}

function PhaseLine({ phase }: { phase: RunPhase }) {
  const tone = phase.tone === 'accent' ? 'text-accent-text' : toneText[phase.tone];
  return (
    <p className="flex items-center gap-2 font-semibold">
      <span className={classNames('flex', tone)}>
        {phase.icon ? <Icon name={phase.icon} /> : <Spinner />}
      </span>
      {phase.word}
    </p>
  );
}

/** The executor renews its lease every few seconds; without that, another one takes over. */
const LEASE_MS = 10_000;

function Silence({ room }: { room: RollbackRoom }) {
  const now = useRoomNow(1_000);
  const { run } = room;
  if (!run) return null;
  if (run.state === 'queued') {
    return (
      <p className="mt-1 text-xs text-text-2">
        Asked for <RoomAgo value={run.requestedAt} />; it begins when an executor takes it.
      </p>
    );
  }
  // The room itself is read again with each event; an old reading is not an old heartbeat.
  const read = Date.parse(room.now);
  const heard = run.heartbeatAt === null ? read : Date.parse(run.heartbeatAt);
  if (read - heard < LEASE_MS) return null;
  return (
    <p role="alert" className="mt-1 text-xs text-warn-text">
      No word from the executor for {formatCoarseDuration(now - heard)}. Another one takes over and
      finds out what is in.
    </p>
  );
}

/** Of a run that goes on how long it has, of one that ended how long it took, of an unknown one since when. */
function Elapsed({ room, timeline }: { room: RollbackRoom; timeline: Timeline }) {
  const look = 'text-timer font-semibold tabular-nums';
  const since = timeline.startedAt ?? room.run?.startedAt ?? room.run?.requestedAt;
  const until = timeline.finished?.at ?? room.run?.finishedAt ?? timeline.lastEventAt;
  if (room.status === 'unknown' && until) return <RoomElapsed since={until} className={look} />;
  if (!since) return null;
  if (room.status === 'running') return <RoomElapsed since={since} className={look} />;
  const took = until ? Date.parse(until) - Date.parse(since) : null;
  return <span className={look}>{took === null ? '–' : formatRunning(took)}</span>;
}

function stepWords(room: RollbackRoom, place: DatabasePlace, phase: RunPhase): string {
  const total = room.plan.steps.length;
  if (phase.position !== null) return `step ${phase.position + 1} of ${total}`;
  return `${place.done} of ${total} undone`;
}
