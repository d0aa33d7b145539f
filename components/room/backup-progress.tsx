'use client';

import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { ProgressBar } from '@/components/ui/progress-bar';
import { StatusChip } from '@/components/ui/status-chip';
import type { RollbackEvent } from '@/lib/core/events';
import type { BackupEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { formatCount, formatSize } from './format-count';
import { latestProgress } from './job-progress';
import { RoomElapsed } from './room-clock';

export interface BackupProgressProps {
  room: RollbackRoom;
  backup: BackupEvidence;
  events: readonly RollbackEvent[];
}

/** A backup under way: what it does, how much of it is there, how long it has been going on. */
export function BackupProgress({ room, backup, events }: BackupProgressProps) {
  const progress = latestProgress(events, 'backup.progress', backup.id) ?? backup.progress;
  const queued = backup.state === 'queued' && !progress;
  const dumping =
    progress !== null && progress.tablesTotal > 0 && progress.tablesDone < progress.tablesTotal;
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
            {queued ? 'Waiting for the executor' : 'Being taken'}
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
        <ProgressBar
          label={`Backup ${backup.label}`}
          share={dumping ? progress.tablesDone / progress.tablesTotal : undefined}
          aside={
            progress && progress.tablesTotal > 0
              ? `${progress.tablesDone} of ${formatCount(progress.tablesTotal, 'table')}`
              : undefined
          }
        >
          {progress ? `${progress.phase}, ${formatSize(progress.bytes)} written` : 'Not started'}
        </ProgressBar>
        <p className="mt-3 text-xs text-text-2">
          {room.target.name} is only read, and keeps running
          {backup.databaseBytes ? `; the database takes ${formatSize(backup.databaseBytes)}` : null}
          . You may leave this page: the backup goes on.
        </p>
      </PanelBody>
    </Panel>
  );
}
