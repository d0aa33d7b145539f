'use client';

import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Contact, contactOf } from '@/components/live/contact';
import { ReadFailed } from '@/components/live/room-query';
import { useRoom } from '@/components/live/use-room';
import { useRoomEvents } from '@/components/live/use-room-events';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button-link';
import type { BackupMethod } from '@/lib/core/backup';
import type { OtherWays } from '@/lib/core/decision';
import type { RollbackEvent } from '@/lib/core/events';
import { ROOM_STEP_LABELS, ROOM_STEPS, type RoomStep } from '@/lib/core/gates';
import { buildTimeline, type Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { type DatabasePlace, placeOf } from './database-place';
import { type DockPlan, firstMethod, planDock } from './dock-plan';
import { FactsRail } from './facts-rail';
import { LiveIndicator } from './live-indicator';
import { ReappliedAlert } from './reapplied-alert';
import { RoomActionsProvider } from './room-actions';
import { RoomAnnouncer } from './room-announcer';
import { RoomClock } from './room-clock';
import { OtherWaysProvider } from './room-decision';
import { RoomDock } from './room-dock';
import { RoomHead } from './room-head';
import { type RoomSql, RoomSqlProvider } from './room-sql';
import { stopWords } from './run-controls';
import { StepContent } from './step-content';
import { StepsNav } from './steps-nav';

export interface RoomViewProps {
  label: string;
  /** Who looks at it. */
  actorId: string;
  /** Statements in colour, made with the page. */
  sql: RoomSql;
  /** What stands beside a rollback that is not decided yet; comes after the page. */
  otherWays: Promise<OtherWays> | null;
}

/** The rollback room. Expects the room in the query cache; keeps it, and everything in it, live. */
export function RoomView({ label, actorId, sql, otherWays }: RoomViewProps) {
  const { events, contact: stream, expect } = useRoomEvents(label);
  const { data: room, error, dataUpdatedAt } = useRoom(label, stream.state === 'live');
  const unanswered = error !== null && !(error instanceof ReadFailed);
  const contact = contactOf(stream, unanswered, dataUpdatedAt);
  const lastSeq = room?.lastEventSeq ?? 0;
  useEffect(() => expect(lastSeq), [expect, lastSeq]);

  if (!room) return <Unreadable label={label} error={error} />;
  return (
    <RoomClock now={room.now}>
      <RoomActionsProvider label={label} digest={room.digest}>
        <RoomSqlProvider sql={sql}>
          <OtherWaysProvider ways={otherWays}>
            <LiveRoom
              room={room}
              events={events}
              contact={contact}
              readError={error}
              actorId={actorId}
            />
          </OtherWaysProvider>
        </RoomSqlProvider>
      </RoomActionsProvider>
    </RoomClock>
  );
}

interface LiveRoomProps {
  room: RollbackRoom;
  events: RollbackEvent[];
  contact: Contact;
  /** The last reading failed; what is shown is older. */
  readError: Error | null;
  actorId: string;
}

function LiveRoom({ room, events, contact, readError, actorId }: LiveRoomProps) {
  const content = useRef<HTMLElement>(null);
  const [viewed, choose] = useViewedStep(room.gates.current, content);
  const [comment, setComment] = useState('');
  const [method, setMethod] = useBackupMethod(room);
  useNewColours(room.digest);

  const timeline = useTimeline(room, events);
  const place = placeOf(
    room.plan,
    room.steps,
    timeline,
    room.status,
    room.run?.allOrNothing ?? timeline.allOrNothing,
  );
  const waitsForLock = timeline.steps.some((step) => step.state === 'lock');
  const dock = planDock(room, actorId, viewed, method);
  const decides = dock.buttons.some(
    (button) => button.kind === 'action' && button.action === 'approve',
  );
  // During the run its controls sit in its header; the dock has them where that has no room.
  const onlyOnPhone = room.status === 'running' && viewed === 'run';

  return (
    <>
      <RoomHead
        room={room}
        waitsForLock={waitsForLock}
        live={
          viewed === 'run' && room.run ? null : (
            <LiveIndicator contact={contact} lastEventAt={timeline.lastEventAt} />
          )
        }
      />
      <RoomAnnouncer room={room} timeline={timeline} />
      <div className="relative flex flex-1 flex-col lg:grid lg:grid-cols-[212px_minmax(0,1fr)]">
        <StepsNav room={room} viewed={viewed} waitsForLock={waitsForLock} onChoose={choose} />
        <div className="flex min-w-0 flex-1 flex-col px-6 pt-5 pb-6 max-md:px-4 max-md:pt-3 xl:pr-77">
          {readError ? <StaleBanner error={readError} contact={contact} /> : null}
          <ReappliedAlert fence={room.fence} target={room.target.name} />
          <section
            ref={content}
            tabIndex={-1}
            aria-labelledby="viewed-step"
            className="focus-visible:shadow-none"
          >
            <h2 id="viewed-step" className="sr-only">
              Step {ROOM_STEPS.indexOf(viewed) + 1} of {ROOM_STEPS.length}:{' '}
              {ROOM_STEP_LABELS[viewed]}
            </h2>
            <StepContent
              step={viewed}
              room={room}
              events={events}
              timeline={timeline}
              place={place}
              contact={contact}
              dock={dock}
              decides={decides}
              comment={comment}
              onComment={setComment}
              method={method}
              onMethod={setMethod}
              onChoose={choose}
            />
          </section>
          <FactsRail room={room} timeline={timeline} place={place} />
          <div className={onlyOnPhone ? 'md:hidden' : 'contents'}>
            <RoomDock
              room={room}
              plan={onlyOnPhone ? whileRunning(dock, room, timeline, place) : dock}
              method={method}
              comment={comment}
              onDecided={() => setComment('')}
              onChoose={choose}
            />
          </div>
        </div>
      </div>
    </>
  );
}

/** How the next backup is taken: what was chosen, as long as the policy allows it. */
function useBackupMethod(room: RollbackRoom): [BackupMethod, (method: BackupMethod) => void] {
  const [chosen, choose] = useState<BackupMethod | null>(null);
  const allowed = chosen !== null && room.policy.backup.methods.includes(chosen);
  return [allowed ? chosen : firstMethod(room), choose];
}

/** The dock of a run that goes on: where each way of ending leaves the database, or who may end it. */
function whileRunning(
  dock: DockPlan,
  room: RollbackRoom,
  timeline: Timeline,
  place: DatabasePlace,
): DockPlan {
  if (dock.buttons.length > 0) return { ...dock, detail: stopWords(room, timeline, place) };
  return {
    ...dock,
    title: 'Stop and cancel:',
    detail: room.gates.actions.stop_run.reason ?? null,
  };
}

function useTimeline(room: RollbackRoom, events: RollbackEvent[]): Timeline {
  const counts = useMemo(() => room.plan.steps.map((step) => step.statements.length), [room.plan]);
  return useMemo(() => buildTimeline(counts, events), [counts, events]);
}

/**
 * The step on the screen: the one in the address, else the one that needed somebody when the room
 * was opened. It stays there: nothing moves away under a reader because an event came in.
 */
function useViewedStep(
  current: RoomStep,
  content: RefObject<HTMLElement | null>,
): [RoomStep, (step: RoomStep) => void] {
  const pathname = usePathname();
  const named = useSearchParams().get('step');
  const [opened] = useState(current);
  const viewed = ROOM_STEPS.find((step) => step === named) ?? opened;

  const choose = useCallback(
    (step: RoomStep) => {
      window.history.pushState(null, '', `${pathname}?step=${step}`);
      window.scrollTo({ top: 0 });
      // After the new step is on the page; a screen reader then reads its name.
      requestAnimationFrame(() => content.current?.focus({ preventScroll: true }));
    },
    [pathname, content],
  );
  return [viewed, choose];
}

/** A plan that was pinned again has SQL that this page has no colours for: the server makes them. */
function useNewColours(digest: string): void {
  const router = useRouter();
  const made = useRef(digest);
  useEffect(() => {
    if (made.current === digest) return;
    made.current = digest;
    router.refresh();
  }, [digest, router]);
}

function StaleBanner({ error, contact }: { error: Error; contact: Contact }) {
  return (
    <Banner tone="warn" role="status" title="What you see may be out of date" className="mb-3">
      {error instanceof ReadFailed ? error.message : 'The console does not answer.'}{' '}
      {contact.state === 'live'
        ? 'Events still come in.'
        : 'It is tried again every few seconds. A run goes on without this page.'}
    </Banner>
  );
}

function Unreadable({ label, error }: { label: string; error: Error | null }) {
  return (
    <div className="p-6">
      <Banner
        tone={error ? 'danger' : 'neutral'}
        role={error ? 'alert' : 'status'}
        title={error ? `${label} could not be read` : `Reading ${label}`}
        action={
          error ? (
            <ButtonLink href="/rollbacks" plain>
              All rollbacks
            </ButtonLink>
          ) : undefined
        }
      >
        {error instanceof ReadFailed || !error ? error?.message : 'The console does not answer.'}
      </Banner>
    </div>
  );
}
