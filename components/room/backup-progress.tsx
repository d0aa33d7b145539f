'use client';

import { BackupProgressBar } from '@/components/backups/backup-progress-bar';
import { Panel, PanelBody, PanelFooter, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import type { RollbackEvent } from '@/lib/core/events';
import type { BackupEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { CancelBackupButton } from './backup-buttons';
import { formatSize } from './format-count';
import { latestProgress } from './job-progress';
import { RoomElapsed } from './room-clock';

export interface BackupProgressProps {
  room: RollbackRoom;
  backup: BackupEvidence;
  events: readonly RollbackEvent[];
}

/** A backup under way: what it does, how much of it is there, how long it will take, how to give it up. */
export function BackupProgress({ room, backup, events }: BackupProgressProps) {
  const progress = latestProgress(events, 'backup.progress', backup.id) ?? backup.progress;
  const queued = backup.state === 'queued' && !progress;
  return (
    <Panel aria-labelledby="backup-progress">
      <PanelHeader
        title={
          <>
            Backup <span className="mono">{backup.label}</span>
          </>
        }
        titleId="backup-progress"
        icon="archive"
        status={
          <StatusChip tone="accent" busy>
            {backup.cancelRequestedBy
              ? 'Being cancelled'
              : queued
                ? 'Waiting for the executor'
                : 'Being taken'}
          </StatusChip>
        }
        actions={
          <RoomElapsed
            since={backup.startedAt ?? backup.queuedAt}
            className="text-sm font-medium"
          />
        }
      />
      <PanelBody>
        <BackupProgressBar label={backup.label} progress={progress} />
        <p className="mt-3 text-xs text-text-2">
          {backup.method === 'command'
            ? 'The backup command of the configuration runs.'
            : `${room.target.name} is only read, and keeps running.`}
          {backup.databaseBytes ? ` The database takes ${formatSize(backup.databaseBytes)}.` : null}{' '}
          You may leave this page: the backup goes on.
        </p>
      </PanelBody>
      {room.gates.actions.cancel_backup.roleOnly === undefined ? (
        <PanelFooter>
          {backup.cancelRequestedBy ? (
            <span className="text-text-2">{backup.cancelRequestedBy} has asked to cancel it.</span>
          ) : null}
          <span className="ml-auto">
            <CancelBackupButton room={room} backup={backup} />
          </span>
        </PanelFooter>
      ) : null}
    </Panel>
  );
}
