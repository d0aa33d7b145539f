'use client';

import type { ReactNode } from 'react';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button-link';
import type { IconName } from '@/components/ui/icon';
import { Time } from '@/components/ui/time';
import { OUTCOME_LABELS, type Outcome } from '@/lib/core/rollback';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { type DatabasePlace, isPast, movedAway } from './database-place';
import { formatRunning } from './room-clock';
import { OUTCOME_TONE } from './status-look';

export interface OutcomeBannerProps {
  room: RollbackRoom;
  timeline: Timeline;
  place: DatabasePlace;
}

/** How the run ended, in the product's words, and what is true now. */
export function OutcomeBanner({ room, timeline, place }: OutcomeBannerProps) {
  const { outcome } = room;
  if (!outcome || room.status === 'running') return null;
  return (
    <Banner
      tone={OUTCOME_TONE[outcome]}
      icon={ICON[outcome]}
      role={outcome === 'outcome_unknown' || hasFailure(timeline) ? 'alert' : 'status'}
      title={title(room, outcome, place)}
      action={
        room.status === 'stopped' ? (
          <ButtonLink href={`/restore?target=${encodeURIComponent(room.target.name)}`}>
            Emergency restore
          </ButtonLink>
        ) : null
      }
    >
      {/* Of the best outcome the title says it all. */}
      {room.outcomeMessage && outcome !== 'changed_verified' ? <p>{room.outcomeMessage}</p> : null}
      <p>
        {truth(room, outcome, place)} <Ended room={room} timeline={timeline} />
      </p>
    </Banner>
  );
}

const ICON: Partial<Record<Outcome, IconName>> = { stopped_clean: 'pause' };

const hasFailure = (timeline: Timeline): boolean =>
  timeline.steps.some((step) => step.error !== null) || timeline.checks.some((check) => !check.ok);

function title(room: RollbackRoom, outcome: Outcome, place: DatabasePlace): string {
  const total = room.plan.steps.length;
  const again = (room.fence?.reapplied.length ?? 0) > 0;
  const was = `The database was at ${place.at} when the run ended.`;
  if (movedAway(room) !== null) {
    const how = place.inside
      ? `: stopped inside step ${place.inside.position + 1}`
      : outcome === 'nothing_changed'
        ? ' by this run'
        : `, ${place.done} of ${total} undone`;
    return `${OUTCOME_LABELS[outcome]}${how}. Others have changed the database.`;
  }
  switch (outcome) {
    case 'changed_verified':
    case 'changed_unverified':
      // Where it is now is the target page's to say.
      if (again) return `${OUTCOME_LABELS[outcome]}. The database was at ${place.at} then.`;
      if (isPast(room) && !place.inside) return `${OUTCOME_LABELS[outcome]}. ${was}`;
      return place.inside
        ? `${OUTCOME_LABELS[outcome]}: stopped inside step ${place.inside.position + 1}. The database is between ${place.at} and ${place.inside.next}.`
        : `${OUTCOME_LABELS[outcome]}. The database is at ${place.at}.`;
    case 'stopped_clean':
      return `${OUTCOME_LABELS[outcome]}, ${place.done} of ${total} undone. ${isPast(room) ? was : `The database is at ${place.at}.`}`;
    case 'nothing_changed':
      return `${OUTCOME_LABELS[outcome]}. ${isPast(room) ? was : `The database is still at ${place.at}.`}`;
    case 'outcome_unknown':
      return place.orAt
        ? `${OUTCOME_LABELS[outcome]}: the database is at ${place.at} or at ${place.orAt}.`
        : `${OUTCOME_LABELS[outcome]}.`;
  }
}

function truth(room: RollbackRoom, outcome: Outcome, place: DatabasePlace): ReactNode {
  const fence = guardWords(room.fence);
  const moved = movedAway(room);
  if (moved !== null) {
    return `${moved} This rollback can’t go on: cancel it, and plan anew from what is there now.${fence}`;
  }
  switch (outcome) {
    case 'nothing_changed':
      return isPast(room)
        ? `The run left schema and tracking rows as they were.${fence}`
        : `Schema and tracking rows are as they were before.${fence}`;
    case 'stopped_clean':
      return `${place.undone.join(', ')} ${place.undone.length === 1 ? 'is' : 'are'} undone; nothing of a later step is left behind.${fence}`;
    case 'changed_unverified':
      if (place.inside) {
        return `What is in stays in; the tracking row of ${place.inside.number} still stands.${doneWords(place)}${fence}`;
      }
      return `Every step is committed, and nothing of it is taken back by itself.${fence}`;
    case 'changed_verified':
      return `${room.plan.steps.length} of ${room.plan.steps.length} steps left the schema that the rehearsal saw.${fence}`;
    case 'outcome_unknown':
      return place.inside
        ? 'A statement or one COMMIT may have been sent, and its answer never came.'
        : 'One COMMIT may have been sent, and its answer never came.';
  }
}

/** What stands between newer images and the database, or that nothing did. */
function guardWords(fence: RollbackRoom['fence']): string {
  if (!fence) return '';
  const again = fence.reapplied.length > 0 ? ' Since then migrations were applied again.' : '';
  if (fence.releasedAt) return again;
  return fence.kind === 'watch'
    ? ` No fence is up; the tracking table is watched.${again}`
    : ` The fence is up.${again}`;
}

const doneWords = ({ undone }: DatabasePlace): string =>
  undone.length === 0
    ? ''
    : ` ${undone.join(', ')} ${undone.length === 1 ? 'is' : 'are'} undone and committed.`;

function Ended({ room, timeline }: { room: RollbackRoom; timeline: Timeline }) {
  const ended = timeline.finished?.at ?? room.run?.finishedAt;
  if (!ended) return null;
  if (room.status === 'unknown') {
    return (
      <>
        Contact was lost <Time value={ended} dot />.
      </>
    );
  }
  const started = timeline.startedAt ?? room.run?.startedAt;
  const took = started ? Date.parse(ended) - Date.parse(started) : null;
  return (
    <>
      Ended <Time value={ended} dot />
      {took !== null && took >= 0 ? (
        <span className="whitespace-nowrap">, after {formatRunning(took)}</span>
      ) : null}
      .
    </>
  );
}
