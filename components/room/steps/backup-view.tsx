'use client';

import { Banner } from '@/components/ui/banner';
import { EmptyState } from '@/components/ui/empty-state';
import { Panel } from '@/components/ui/panel';
import type { RollbackEvent } from '@/lib/core/events';
import type { RollbackRoom } from '@/lib/core/views';
import { ActionButton } from '../action-button';
import { BackupPanel } from '../backup-panel';
import { BackupProgress } from '../backup-progress';
import { RestorePanel } from '../restore-panel';
import { RoomAgo } from '../room-clock';

export interface BackupViewProps {
  room: RollbackRoom;
  events: readonly RollbackEvent[];
  takeInDock: boolean;
}

/** How the data is protected before anything is undone. */
export function BackupView({ room, events, takeInDock }: BackupViewProps) {
  const { backup, policy } = room;
  const busy = backup?.state === 'queued' || backup?.state === 'running';
  const another =
    takeInDock || busy || !backup || !room.gates.actions.take_backup.allowed ? null : (
      <ActionButton room={room} action="take_backup" variant="quiet">
        Take another backup
      </ActionButton>
    );
  return (
    <div className="flex flex-col gap-3">
      <div>
        <h2>How the data is protected</h2>
        <p className="text-sm text-text-2">
          The policy accepts one confirmed backup that is at most {policy.backup_max_age_minutes}{' '}
          min old when the run starts.
        </p>
      </div>
      {backup ? null : (
        <Panel aria-label="Backup">
          <EmptyState title="No backup yet" icon="archive">
            Backstep dumps the database with pg_dump, stores the checksum of every file, and reads
            all of it back. Only then the backup counts. The application keeps running meanwhile.
          </EmptyState>
        </Panel>
      )}
      {backup && busy ? <BackupProgress room={room} backup={backup} events={events} /> : null}
      {backup && !busy && backup.state !== 'passed' ? (
        <Banner
          tone={backup.state === 'failed' ? 'danger' : 'warn'}
          role={backup.state === 'failed' ? 'alert' : 'status'}
          title={
            backup.state === 'failed'
              ? `${backup.label} is not confirmed`
              : `${backup.label} was interrupted`
          }
          action={another}
        >
          {backup.error ?? 'No reason was recorded.'}
          <p className="mt-1">
            {backup.finishedAt ? (
              <>
                <RoomAgo value={backup.finishedAt} />.{' '}
              </>
            ) : null}
            The target was only read. What was written does not count as a backup
            {backup.location ? (
              <>
                {' '}
                and is kept at <code className="wrap-anywhere">{backup.location}</code>
              </>
            ) : null}
            .
          </p>
        </Banner>
      ) : null}
      {backup && (backup.state === 'passed' || backup.checks.length > 0) ? (
        <BackupPanel
          room={room}
          backup={backup}
          actions={backup.state === 'passed' ? another : null}
        />
      ) : null}
      {backup?.state === 'passed' && backup.location ? (
        <RestorePanel
          address={room.target.address}
          backup={{ label: backup.label, location: backup.location }}
        />
      ) : null}
    </div>
  );
}
