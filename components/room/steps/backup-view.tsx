'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { backupsHref } from '@/components/backups/backup-links';
import { backupPolicyWords, methodWords } from '@/components/backups/backup-words';
import { MethodCards } from '@/components/backups/method-cards';
import { Banner } from '@/components/ui/banner';
import { EmptyState } from '@/components/ui/empty-state';
import { Panel } from '@/components/ui/panel';
import type { BackupMethod } from '@/lib/core/backup';
import type { RollbackEvent } from '@/lib/core/events';
import type { BackupEvidence } from '@/lib/core/evidence';
import type { RoomAction } from '@/lib/core/gates';
import type { RollbackRoom } from '@/lib/core/views';
import { TakeAnotherButton } from '../backup-buttons';
import { BackupPanel } from '../backup-panel';
import { BackupProgress } from '../backup-progress';
import { BackupTest } from '../backup-test';
import { RestorePanel } from '../restore-panel';
import { RoomAgo } from '../room-clock';

export interface BackupViewProps {
  room: RollbackRoom;
  events: readonly RollbackEvent[];
  /** How the next backup would be taken. */
  method: BackupMethod;
  onMethod: (method: BackupMethod) => void;
  inDock: (action: RoomAction) => boolean;
}

/** How the data is protected before anything is undone. */
export function BackupView({ room, events, method, onMethod, inDock }: BackupViewProps) {
  const { backup, policy } = room;
  const busy = backup?.state === 'queued' || backup?.state === 'running';
  const { take_backup: take, attest_backup: attest } = room.gates.actions;
  const mayTake = take.allowed || attest.allowed;
  const another =
    inDock('take_backup') || inDock('attest_backup') || busy ? null : (
      <TakeAnotherButton room={room} method={method} first={!backup} />
    );
  const confirmed = backup?.state === 'passed';
  return (
    <div className="flex flex-col gap-3">
      <div>
        <h2>How the data is protected</h2>
        <p className="max-w-[88ch] text-sm text-text-2">
          {backupPolicyWords(policy.backup, policy.backup_max_age_minutes)}{' '}
          <Link href={backupsHref(room.target.name)} className="link">
            All backups of {room.target.name}
          </Link>
        </p>
      </div>
      {mayTake && policy.backup.methods.length > 1 ? (
        <MethodCards policy={policy.backup} value={method} onValueChange={onMethod} />
      ) : null}
      {backup ? null : <None room={room} method={method} action={another} />}
      {backup && busy ? <BackupProgress room={room} backup={backup} events={events} /> : null}
      {backup && !busy && !confirmed ? <NotConfirmed backup={backup} action={another} /> : null}
      {backup && (confirmed || backup.checks.length > 0) ? (
        <BackupPanel room={room} backup={backup} actions={confirmed ? another : null} />
      ) : null}
      {backup && confirmed && backup.method === 'pg_dump' ? (
        <BackupTest
          room={room}
          backup={backup}
          events={events}
          testInDock={inDock('test_restore')}
        />
      ) : null}
      {backup && confirmed ? <CommandLine room={room} backup={backup} /> : null}
    </div>
  );
}

function None({
  room,
  method,
  action,
}: {
  room: RollbackRoom;
  method: BackupMethod;
  action: ReactNode;
}) {
  const { level } = room.policy.backup;
  return (
    <Panel aria-label="Backup">
      <EmptyState title="No backup yet" icon="archive" action={action}>
        {method === 'pg_dump' ? (
          <>
            Backstep dumps the database with pg_dump, stores the checksum of every file, and reads
            all of it back.{' '}
            {level === 'restored'
              ? 'Then it restores it on the scratch server and rehearses this plan on it.'
              : 'Only then the backup counts.'}{' '}
            The application keeps running meanwhile.
          </>
        ) : (
          methodWords(method, room.policy.backup).detail
        )}
      </EmptyState>
    </Panel>
  );
}

function NotConfirmed({ backup, action }: { backup: BackupEvidence; action: ReactNode }) {
  const failed = backup.state === 'failed';
  return (
    <Banner
      tone={failed ? 'danger' : 'warn'}
      role={failed ? 'alert' : 'status'}
      title={
        failed
          ? `${backup.label} is not confirmed`
          : backup.cancelRequestedBy
            ? `${backup.label} was cancelled`
            : `${backup.label} was interrupted`
      }
      action={action}
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
  );
}

/** Only for a dump that pg_restore can read where it lies. */
function CommandLine({ room, backup }: { room: RollbackRoom; backup: BackupEvidence }) {
  const { location, method, encrypted, prunedAt } = backup;
  if (method !== 'pg_dump' || encrypted || prunedAt || !location?.startsWith('/')) return null;
  return <RestorePanel address={room.target.address} backup={{ label: backup.label, location }} />;
}
