'use client';

import Link from 'next/link';
import { EmptyState } from '@/components/ui/empty-state';
import { Icon } from '@/components/ui/icon';
import { Panel } from '@/components/ui/panel';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import type { DatabasePlace } from '../database-place';
import { FenceCard } from '../fence-card';
import { OutcomeBanner } from '../outcome-banner';
import { VerifyForecast } from '../plan-forecast';
import { RescuePanel } from '../rescue-panel';
import { StepChecks } from '../step-checks';
import { TouchedTables } from '../touched-tables';

export interface VerifyViewProps {
  room: RollbackRoom;
  timeline: Timeline;
  place: DatabasePlace;
}

/** What the run left behind, and the half that comes after it: deploy, then release the fence. */
export function VerifyView({ room, timeline, place }: VerifyViewProps) {
  if (!room.run) {
    return (
      <Panel aria-label="Verify and deploy">
        <EmptyState title="Nothing has run yet" icon="shield">
          After the run this page compares the schema with the rehearsed one, shows the touched
          tables as they are, names the release to deploy, and lets you release the fence.
        </EmptyState>
      </Panel>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <OutcomeBanner room={room} timeline={timeline} place={place} />
      <FenceCard room={room} place={place} />
      <RescuePanel room={room} />
      <VerifyForecast room={room} />
      <StepChecks room={room} timeline={timeline} place={place} />
      <TouchedTables label={room.label} target={room.target.name} />
      <p className="px-1 text-sm">
        <Link
          href={`/history?subject=${encodeURIComponent(room.label)}`}
          className="link inline-flex items-center gap-1.5 max-md:min-h-10"
        >
          <Icon name="history" size={14} />
          History of {room.label}
        </Link>
      </p>
    </div>
  );
}
