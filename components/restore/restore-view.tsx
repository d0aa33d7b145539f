'use client';

import type { Contact } from '@/components/live/contact';
import { ReadFailed } from '@/components/live/room-query';
import { LiveIndicator } from '@/components/room/live-indicator';
import { RoomClock } from '@/components/room/room-clock';
import { PageHeader } from '@/components/shell/page';
import { Badge } from '@/components/ui/badge';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button-link';
import { EmptyState } from '@/components/ui/empty-state';
import { StatusChip } from '@/components/ui/status-chip';
import type { RestoreRoom } from '@/lib/core/restore-views';
import { ActsPanel } from './acts-panel';
import { AfterSwap } from './after-swap';
import { RestoreAbout } from './restore-about';
import { useRestoreActing } from './restore-acting';
import { RestoreApproval } from './restore-approval';
import { RestoreDock } from './restore-dock';
import { RestoreForecast } from './restore-forecast';
import { isOver, restoreLook } from './restore-look';
import { RestoreLossPanel } from './restore-loss-panel';
import { RestoreState } from './restore-state';
import { RestoreSteps } from './restore-steps';
import { lastToldAt } from './restore-times';
import { RestoredCheckPanel } from './restored-check-panel';
import { SafetyPanel } from './safety-panel';
import { SchemasPanel } from './schemas-panel';
import { SessionsPanel } from './sessions-panel';
import { useRestore } from './use-restore';
import { namesOf } from './way-words';
import { WhatHappens } from './what-happens';

/** The room of an emergency restore. Expects the room in the query cache, and keeps it fresh. */
export function RestoreView({ label }: { label: string }) {
  const { query, contact } = useRestore(label);
  const { data: room, error } = query;
  if (!room)
    return (
      <EmptyState
        title={error ? `${label} can’t be read` : `Reading ${label}`}
        icon={error ? 'warn' : 'clock'}
        action={<ButtonLink href="/restore">All emergency restores</ButtonLink>}
      >
        {error ? reasonOf(error) : 'The console is asked.'}
      </EmptyState>
    );
  return (
    <RoomClock now={room.now}>
      <Room room={room} readError={error} contact={contact} />
    </RoomClock>
  );
}

const reasonOf = (error: Error): string =>
  error instanceof ReadFailed ? error.message : 'The console does not answer.';

interface RoomProps {
  room: RestoreRoom;
  readError: Error | null;
  contact: Contact;
}

function Room({ room, readError, contact }: RoomProps) {
  const acting = useRestoreActing(room.label);
  const look = restoreLook(room.status);
  const over = isOver(room.status);
  // What is left to do comes first, once clients are in the restored database.
  const afterSwap = room.status === 'swapped' || room.status === 'swapping_back';
  const names = namesOf(room);
  return (
    <>
      <PageHeader
        look="bar"
        title={`Restore ${room.backup.label}`}
        crumbs={[
          { label: room.target.name, href: `/targets/${encodeURIComponent(room.target.name)}` },
          { label: 'Emergency restores', href: '/restore' },
          { label: <span className="mono">{room.label}</span> },
        ]}
        status={
          <>
            <Badge kind={room.target.environment} />
            <StatusChip tone={look.tone} icon={look.icon} busy={look.busy}>
              {look.word}
            </StatusChip>
          </>
        }
        actions={<LiveIndicator contact={contact} lastEventAt={lastToldAt(room)} />}
      />
      <div className="relative flex flex-1 flex-col lg:grid lg:grid-cols-[212px_minmax(0,1fr)]">
        <RestoreSteps steps={room.gates.steps} current={room.gates.current} />
        <div className="flex min-w-0 flex-1 flex-col gap-3 px-6 pt-5 pb-6 max-md:px-4 max-md:pt-3">
          {readError ? (
            <Banner tone="warn" role="status" title="What you see may be out of date">
              {reasonOf(readError)} It is tried again every few seconds. What was asked for goes on
              without this page.
            </Banner>
          ) : null}
          <RestoreState room={room} />
          <RestoreApproval room={room} acting={acting} />
          <SafetyPanel room={room} acting={acting} />
          <SessionsPanel room={room} />
          {afterSwap ? <AfterSwap room={room} /> : null}
          {room.evidence ? (
            <>
              <RestoreLossPanel
                backup={room.backup.label}
                loss={room.evidence.loss}
                over={over}
                way={room.way}
              />
              <RestoredCheckPanel check={room.evidence.check} database={names.restored} />
              {over ? null : <RestoreForecast room={room} />}
            </>
          ) : null}
          <SchemasPanel room={room} />
          {over || afterSwap ? null : (
            <WhatHappens
              way={room.way}
              present={room.databases.present}
              presentHead={null}
              restored={names.restored}
              former={names.former}
              backup={room.backup.label}
              backupHead={room.backup.headTag}
            />
          )}
          {afterSwap ? null : <AfterSwap room={room} />}
          <ActsPanel acts={room.acts} way={room.way} />
          <RestoreAbout room={room} />
          <RestoreDock room={room} acting={acting} />
        </div>
      </div>
    </>
  );
}
