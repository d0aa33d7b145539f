'use client';

import type { ReactNode } from 'react';
import { Banner } from '@/components/ui/banner';
import { Icon, type IconName } from '@/components/ui/icon';
import type { PlanChange } from '@/lib/core/plan';
import type { RollbackRoom } from '@/lib/core/views';
import { formatCount } from './format-count';
import { RoomAgo } from './room-clock';

const ICON: Record<PlanChange['kind'], IconName> = {
  rollback_file: 'fileChanged',
  up_file: 'fileChanged',
  tracking_rows: 'table',
  live_schema: 'database',
  database: 'server',
  unreadable: 'eyeOff',
};

/** What is no longer as it was pinned. Nothing where all is as it was, or the run has settled it. */
export function PlanChanges({ room }: { room: RollbackRoom }) {
  const { planCheck, status } = room;
  const matters = ['draft', 'awaiting_approval', 'approved', 'stopped'].includes(status);
  if (!matters || !planCheck || planCheck.changes.length === 0) return null;
  const { changes } = planCheck;
  const unread = changes.every((change) => change.kind === 'unreadable');
  return (
    <Banner
      tone="warn"
      role="status"
      title={
        unread
          ? 'The plan could not be compared with the target'
          : `${formatCount(changes.length, 'thing')} changed since the plan was pinned`
      }
    >
      <ChangeList changes={changes} />
      <p className="mt-1.5">
        Compared <RoomAgo value={planCheck.checkedAt} />. {consequence(room, unread)}
      </p>
    </Banner>
  );
}

/** Each change on a line of its own. */
export function ChangeList({ changes }: { changes: readonly PlanChange[] }) {
  return (
    <ul className="mt-1 flex flex-col gap-1">
      {changes.map((change) => (
        <li key={`${change.kind} ${change.subject} ${change.message}`} className="flex gap-2">
          <Icon name={ICON[change.kind]} className="mt-0.5 text-warn-text" />
          <span className="min-w-0 wrap-anywhere text-text">{change.message}</span>
        </li>
      ))}
    </ul>
  );
}

function consequence(room: RollbackRoom, unread: boolean): ReactNode {
  if (unread) return 'It is tried again by itself; nothing can run until it works.';
  switch (room.status) {
    case 'draft':
      return 'Pin the plan again to go on with what is true now; rehearsal and approval start over.';
    case 'stopped':
      return 'The rest can’t be resumed. Cancel this rollback and plan the rest anew.';
    default:
      return 'What was approved is no longer what would run, so the approval does not count.';
  }
}
