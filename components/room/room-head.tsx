'use client';

import type { ReactNode } from 'react';
import { PageHeader } from '@/components/shell/page';
import { Badge } from '@/components/ui/badge';
import { CopyButton } from '@/components/ui/copy-button';
import { StatusChip } from '@/components/ui/status-chip';
import type { RollbackRoom } from '@/lib/core/views';
import { statusLook } from './status-look';

export interface RoomHeadProps {
  room: RollbackRoom;
  waitsForLock: boolean;
  /** Whether this page is live, where the content does not say so itself. */
  live: ReactNode;
}

/** What this room is about and how it stands. */
export function RoomHead({ room, waitsForLock, live }: RoomHeadProps) {
  const look = statusLook(room.status, room.outcome, waitsForLock);
  return (
    <PageHeader
      look="bar"
      title={`Roll back to ${room.plan.to.number}`}
      crumbs={[
        { label: room.target.name, href: `/targets/${encodeURIComponent(room.target.name)}` },
        { label: 'Rollbacks', href: '/rollbacks' },
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
      actions={
        <>
          {live}
          <CopyLink label={room.label} />
        </>
      }
    />
  );
}

/** The address without the step: whoever opens it starts where somebody is needed. */
function CopyLink({ label }: { label: string }) {
  const address =
    typeof window === 'undefined'
      ? `/rollbacks/${label}`
      : `${window.location.origin}/rollbacks/${label}`;
  return (
    <CopyButton
      text={address}
      what="link to this rollback"
      word="Copy link"
      className="h-8 max-md:hidden"
    />
  );
}
