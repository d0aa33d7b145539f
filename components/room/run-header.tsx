'use client';

import type { ReactNode } from 'react';
import type { Contact } from '@/components/live/contact';
import { classNames } from '@/components/ui/class-names';
import { formatCoarseDuration, formatDuration } from '@/components/ui/duration-format';
import { Icon } from '@/components/ui/icon';
import { LiveRegion } from '@/components/ui/live-region';
import { Spinner } from '@/components/ui/spinner';
import { toneText } from '@/components/ui/tone';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { countWords, type DatabasePlace, isPast, movedAway } from './database-place';
import { DatabasePlaceLine } from './database-place-line';
import { executorSilence, silenceWords } from './executor-silence';
import { LiveIndicator } from './live-indicator';
import { measuredSteps, undoMs } from './rehearsal-times';
import { formatRunning, RoomAgo, RoomElapsed, useRoomNow } from './room-clock';
import { runModeWords } from './run-choice';
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
  const measured = measuredSteps(room);
  // Afterwards the copies themselves say what was copied.
  const { run } = room;
  const mode = run ? runModeWords({ ...run, rescue: running && run.rescue }, timeline) : null;
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
              {measured
                ? `≈ ${formatDuration(undoMs(measured))} rehearsed${measured.backup ? ` on ${measured.backup}` : ''}`
                : 'not rehearsed'}
              <span aria-hidden className="mx-1.5 text-line-2">
                ·
              </span>
              {stepWords(room, place, phase)}
            </span>
          </p>
          {room.status === 'unknown' ? <Asking timeline={timeline} /> : null}
          {mode ? <p className="mt-1 text-sm text-text-2">{mode}</p> : null}
        </div>
        {controls}
      </div>
      <RunSegments timeline={timeline} place={place} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line bg-raised px-4 py-2.5 text-sm">
        <DatabasePlaceLine
          place={place}
          reapplied={!running && (room.fence?.reapplied.length ?? 0) > 0}
          moved={movedAway(room)}
          past={isPast(room)}
        />
        <LiveIndicator contact={contact} lastEventAt={timeline.lastEventAt} className="ml-auto" />
      </div>
    </section>
  );
}

/** The line of a run that is not going on. */
function endPhase(room: RollbackRoom): RunPhase {
  const ended = { position: null, since: null };
  if (room.status === 'unknown') {
    return { ...ended, word: 'No answer for', tone: 'unknown', icon: 'unknown' };
  }
  const again = room.run && room.run.number > 1 ? `, resumed ${room.run.number - 1}×` : '';
  return { ...ended, word: `The run has ended${again}`, tone: 'accent', icon: 'flag' };
}

function PhaseLine({ phase }: { phase: RunPhase }) {
  const tone = phase.tone === 'accent' ? 'text-accent-text' : toneText[phase.tone];
  return (
    <p className="flex items-center gap-2 font-semibold">
      <span className={classNames('flex', tone)}>
        {phase.icon ? <Icon name={phase.icon} /> : <Spinner />}
      </span>
      <span className="min-w-0">
        {phase.word}
        {phase.since ? (
          <span className="ml-2 text-sm font-medium whitespace-nowrap text-text-2">
            for <RoomElapsed since={phase.since} />
          </span>
        ) : null}
      </span>
    </p>
  );
}

/** That nobody has heard of the executor, and what comes of it. */
function Silence({ room }: { room: RollbackRoom }) {
  const silent = executorSilence(room.run, Date.parse(room.now), useRoomNow(1_000));
  return (
    <>
      {silent === null ? null : (
        <p className="mt-1 text-sm text-warn-text">
          No word from the executor for{' '}
          <span className="whitespace-nowrap tabular-nums">{formatCoarseDuration(silent)}</span>.{' '}
          {silenceWords(silent)}
        </p>
      )}
      {/* The sentence above counts on; this one is read out once. */}
      <LiveRegion
        message={silent === null ? '' : 'No word from the executor. Another one takes over.'}
      />
    </>
  );
}

/** Of an unknown outcome: what is done about it, and the last word that came. */
function Asking({ timeline }: { timeline: Timeline }) {
  const note = timeline.notes.at(-1);
  return (
    <p className="mt-1 text-sm text-text-2">
      The target is asked again until it answers.{' '}
      {note ? (
        <>
          Last word <RoomAgo value={note.at} />: {note.text}
        </>
      ) : timeline.lastEventAt ? (
        <>
          Last word <RoomAgo value={timeline.lastEventAt} />.
        </>
      ) : null}
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
  return countWords(place, total);
}
