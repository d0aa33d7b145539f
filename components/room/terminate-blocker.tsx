'use client';

import { useState } from 'react';
import { AlertDialog } from '@/components/ui/alert-dialog';
import { Button } from '@/components/ui/button';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { Icon, type IconName } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import type { Blocker } from '@/lib/core/events';
import type { TimelineTermination } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { useRoomActions } from './room-actions';
import { RoomAgo } from './room-clock';

export interface TerminateBlockerProps {
  room: Pick<RollbackRoom, 'gates'>;
  blocker: Blocker;
  termination: TimelineTermination | undefined;
}

/** Ends the session that stands in the way, for who may; else says what became of the last try. */
export function TerminateBlocker({ room, blocker, termination }: TerminateBlockerProps) {
  const [open, setOpen] = useState(false);
  const actions = useRoomActions();
  const verdict = room.gates.actions.terminate_blocker;
  if (termination && termination.state !== 'failed') return <Asked termination={termination} />;
  const { backendStart } = blocker;
  // Without the time of its beginning a pid may by now be somebody else's.
  if (!backendStart || blocker.pid === 0 || verdict.roleOnly) return null;

  async function terminate() {
    const accepted = await actions.perform('terminate_blocker', {
      pid: blocker.pid,
      backendStart: backendStart ?? '',
    });
    if (accepted) setOpen(false);
  }

  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-3 pb-3">
      {termination ? (
        <p role="alert" className="min-w-0 flex-1 text-sm text-danger-text">
          {termination.text}
        </p>
      ) : null}
      <Button
        variant="danger-outline"
        icon="stop"
        disabledReason={verdict.allowed ? null : verdict.reason}
        onClick={() => setOpen(true)}
        className="ml-auto"
      >
        Terminate blocker
      </Button>
      <AlertDialog
        open={open}
        onOpenChange={(next) => {
          actions.dismiss();
          setOpen(next);
        }}
        title={`Terminate session ${blocker.pid}?`}
        description={`${nameOf(blocker)} loses its connection to the database.`}
        confirmLabel="Terminate blocker"
        cancelLabel="Leave it"
        pendingLabel="Asking"
        tone="danger"
        disabledReason={
          verdict.allowed || actions.pending === 'terminate_blocker' ? null : verdict.reason
        }
        pending={actions.pending === 'terminate_blocker'}
        error={
          actions.failure?.action === 'terminate_blocker' ? actions.failure.message : undefined
        }
        onConfirm={() => void terminate()}
      >
        <ul className="flex flex-col gap-2 text-sm">
          {consequences(blocker).map(([icon, text]) => (
            <li key={icon} className="flex gap-2">
              <Icon name={icon} className="mt-0.5 text-text-3" />
              <span className="min-w-0 wrap-anywhere">{text}</span>
            </li>
          ))}
        </ul>
      </AlertDialog>
    </div>
  );
}

function Asked({ termination }: { termination: TimelineTermination }) {
  const asked = termination.state === 'requested';
  return (
    <p className="flex gap-2 px-3 pb-3 text-sm text-text-2">
      {asked ? (
        <Spinner className="mt-0.5 text-warn-text" />
      ) : (
        <Icon name="okSolid" className="mt-0.5 text-ok-text" />
      )}
      <span>
        {termination.text}, <RoomAgo value={termination.at} />.
      </span>
    </p>
  );
}

const nameOf = ({ applicationName, user }: Blocker): string =>
  `${applicationName || 'A session without a name'} of ${user || 'an unknown user'}`;

function consequences(blocker: Blocker): [icon: IconName, text: string][] {
  const age = formatCoarseDuration(blocker.transactionAgeMs);
  const idle = blocker.state.startsWith('idle in transaction');
  return [
    [
      'undo',
      `What it has done in the last ${age} without a COMMIT is rolled back by the server, and its client gets an error.`,
    ],
    [
      'lock',
      idle
        ? 'It is idle in its transaction, so that there is no statement to cancel: ending the session is the only way.'
        : 'It is in the middle of a statement. Wait, if that is about to end by itself.',
    ],
    [
      'info',
      'It is ended only if it still stands in the way of this run. No other session is touched; its application may connect again at once.',
    ],
    ['history', 'Who ended it, and when, is kept in the history.'],
  ];
}
