'use client';

import type { ReactNode } from 'react';
import { chainMs, isTesting } from '@/components/backups/rehearsal-words';
import { Duration } from '@/components/ui/duration';
import { Icon, type IconName } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import { Time } from '@/components/ui/time';
import { type Tone, toneIcon, toneText } from '@/components/ui/tone';
import type { RollbackRoom } from '@/lib/core/views';
import { countTaken } from './danger-groups';
import { formatCount } from './format-count';
import { undoMs } from './rehearsal-times';
import { RoomAgo, RoomElapsed, RoomTimeLeft } from './room-clock';

type LineTone = Tone | 'running' | 'missing';

interface FreshLine {
  id: string;
  tone: LineTone;
  icon?: IconName;
  name: string;
  value: ReactNode;
}

/** How old each piece of evidence is, in one glance. */
export function EvidenceFreshness({ room }: { room: RollbackRoom }) {
  const lines = [
    planLine(room),
    backupLine(room),
    onBackupLine(room),
    rehearsalLine(room),
    driftLine(room),
    dangersLine(room),
    approvalLine(room),
    fenceLine(room),
  ];
  return (
    <ul className="text-sm">
      {lines
        .filter((line) => line !== null)
        .map((line) => (
          <li key={line.id} className="flex min-h-6 items-center gap-2">
            <Mark tone={line.tone} icon={line.icon} />
            <span className="min-w-0 flex-1 text-text-2">{line.name}</span>
            <span className={`text-right text-xs ${valueClass(line.tone)}`}>{line.value}</span>
          </li>
        ))}
    </ul>
  );
}

function Mark({ tone, icon }: { tone: LineTone; icon?: IconName }) {
  if (tone === 'running') return <Spinner className="text-info" />;
  if (tone === 'missing') return <Icon name={icon ?? 'pending'} className="text-text-3" />;
  return <Icon name={icon ?? toneIcon[tone]} className={toneText[tone]} />;
}

function Working({ word, since }: { word: string; since: string }) {
  return (
    <>
      {word} <RoomElapsed since={since} />
    </>
  );
}

function valueClass(tone: LineTone): string {
  if (tone === 'running' || tone === 'missing' || tone === 'ok') return 'text-text-2';
  return `font-medium ${toneText[tone]}`;
}

const begun = (room: RollbackRoom): boolean => room.run !== null;

function planLine(room: RollbackRoom): FreshLine {
  const { planCheck } = room;
  const id = 'plan';
  if (begun(room) && room.status !== 'stopped') {
    return {
      id,
      tone: 'ok',
      name: 'Plan as approved',
      value: `${formatCount(room.plan.steps.length, 'step')}`,
    };
  }
  const name = 'Plan matches database';
  if (!planCheck) return { id, tone: 'missing', name, value: 'Not checked yet' };
  if (planCheck.changes.length === 0) {
    return { id, tone: 'ok', name, value: <RoomAgo value={planCheck.checkedAt} /> };
  }
  const unread = planCheck.changes.every((change) => change.kind === 'unreadable');
  return unread
    ? { id, tone: 'warn', name, value: 'Not readable' }
    : { id, tone: 'danger', name, value: formatCount(planCheck.changes.length, 'change') };
}

function backupLine(room: RollbackRoom): FreshLine {
  const { backup } = room;
  const id = 'backup';
  if (!backup) return { id, tone: 'missing', name: 'Backup', value: 'None yet' };
  const name = `Backup ${backup.label}`;
  if (backup.state === 'queued' || backup.state === 'running') {
    return {
      id,
      tone: 'running',
      name,
      value: <Working word="Being taken" since={backup.startedAt ?? backup.queuedAt} />,
    };
  }
  if (backup.state !== 'passed' || !backup.expiresAt) {
    return { id, tone: 'danger', name, value: 'Not confirmed' };
  }
  if (begun(room) && room.status !== 'stopped') {
    return { id, tone: 'ok', name, value: 'Confirmed' };
  }
  const gate = room.gates.steps.find((one) => one.step === 'backup');
  return {
    id,
    tone: gate?.open ? 'ok' : 'warn',
    name,
    value: <RoomTimeLeft value={backup.expiresAt} over="too old" />,
  };
}

/** The rehearsal on the rows of the backup, where there was one for this plan or is one going on. */
function onBackupLine(room: RollbackRoom): FreshLine | null {
  const test = room.backup?.testRestore ?? null;
  if (!test) return null;
  const id = 'on-backup';
  const name = 'On real data';
  if (isTesting(test)) {
    return {
      id,
      tone: 'running',
      name,
      value: <Working word="Restoring" since={test.startedAt ?? test.queuedAt} />,
    };
  }
  if (test.check && !test.check.ok) return { id, tone: 'danger', name, value: 'Not whole' };
  const rehearsal = test.rehearsal?.digest === room.digest ? test.rehearsal : null;
  if (rehearsal) {
    return rehearsal.ok
      ? {
          id,
          tone: 'ok',
          name,
          value: (
            <>
              Passed <Duration milliseconds={chainMs(rehearsal.steps)} />
            </>
          ),
        }
      : { id, tone: 'danger', name, value: 'Failed' };
  }
  return test.check
    ? { id, tone: 'missing', name, value: 'Restored only' }
    : { id, tone: 'warn', name, value: 'Not restored' };
}

function rehearsalLine(room: RollbackRoom): FreshLine {
  const { rehearsal } = room;
  const id = 'rehearsal';
  const name = 'Rehearsal';
  if (!rehearsal || rehearsal.digest !== room.digest) {
    return { id, tone: 'missing', name, value: 'None yet' };
  }
  switch (rehearsal.state) {
    case 'queued':
    case 'running':
      return {
        id,
        tone: 'running',
        name,
        value: (
          <Working
            word={rehearsal.state === 'queued' ? 'Waiting' : 'Running'}
            since={rehearsal.startedAt ?? rehearsal.queuedAt}
          />
        ),
      };
    case 'passed':
      return {
        id,
        tone: 'ok',
        name,
        value: (
          <>
            Passed <Duration milliseconds={rehearsal.result ? undoMs(rehearsal.result) : 0} />
          </>
        ),
      };
    case 'failed':
      return { id, tone: 'danger', name, value: 'Failed' };
    case 'interrupted':
      return { id, tone: 'warn', name, value: 'Interrupted' };
  }
}

function driftLine(room: RollbackRoom): FreshLine | null {
  const result = room.rehearsal?.digest === room.digest ? room.rehearsal?.result : null;
  if (!result) return null;
  const count = result.drift.length;
  return count === 0
    ? { id: 'drift', tone: 'ok', name: 'Schema drift', value: 'None' }
    : { id: 'drift', tone: 'warn', name: 'Schema drift', value: formatCount(count, 'object') };
}

function dangersLine(room: RollbackRoom): FreshLine | null {
  const { taken, all } = countTaken(room);
  if (all === 0) return null;
  return {
    id: 'dangers',
    tone: taken === all ? 'ok' : 'danger',
    name: 'Dangers',
    value: `${taken} of ${all}`,
  };
}

function approvalLine(room: RollbackRoom): FreshLine | null {
  const last = room.approvals
    .filter((one) => one.voidedAt === null && one.decision === 'approved')
    .at(-1);
  if (last) {
    const open = room.gates.steps.find((one) => one.step === 'approval')?.open;
    return {
      id: 'approval',
      tone: open ? 'ok' : 'warn',
      name: 'Approved',
      value: <Time value={last.at} format="time" local={false} />,
    };
  }
  if (room.approvalRequestedAt && room.status === 'awaiting_approval') {
    return {
      id: 'approval',
      tone: 'info',
      icon: 'clock',
      name: 'Approval asked',
      value: <RoomAgo value={room.approvalRequestedAt} />,
    };
  }
  return null;
}

function fenceLine(room: RollbackRoom): FreshLine | null {
  const { fence } = room;
  if (!fence) return null;
  const watch = fence.kind === 'watch';
  const id = 'fence';
  const name = watch ? 'Watch' : 'Fence';
  if (fence.reapplied.length > 0) return { id, tone: 'danger', name, value: 'Applied again' };
  if (fence.removedByHandAt && fence.releasedAt) {
    return { id, tone: 'warn', icon: 'fenceDown', name, value: 'Removed by hand' };
  }
  if (fence.releasedAt) {
    return { id, tone: 'ok', icon: 'fenceDown', name, value: watch ? 'Ended' : 'Released' };
  }
  if (fence.releaseRequestedAt && !fence.releaseError) {
    return {
      id,
      tone: 'running',
      name,
      value: <Working word={watch ? 'Ending' : 'Releasing'} since={fence.releaseRequestedAt} />,
    };
  }
  return {
    id,
    tone: watch ? 'warn' : 'info',
    icon: watch ? 'eye' : 'fenceUp',
    name,
    value: (
      <>
        {watch ? 'Since' : 'Up since'} <Time value={fence.raisedAt} format="minute" local={false} />
      </>
    ),
  };
}
