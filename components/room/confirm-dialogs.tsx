'use client';

import { AlertDialog } from '@/components/ui/alert-dialog';
import { Icon, type IconName } from '@/components/ui/icon';
import { isInside } from '@/lib/core/parts';
import type { RollbackRoom } from '@/lib/core/views';
import { useRoomActions } from './room-actions';

export interface ConfirmDialogProps {
  room: RollbackRoom;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Before the fence comes down: what it held back, and what happens without it. */
export function ReleaseFenceDialog({ room, open, onOpenChange }: ConfirmDialogProps) {
  const { plan } = room;
  const numbers = plan.steps.map((step) => step.number).join(', ');
  const release = room.releases[0]?.name;
  const watch = room.fence?.kind === 'watch';
  return (
    <Confirm
      room={room}
      action="release_fence"
      open={open}
      onOpenChange={onOpenChange}
      title={
        watch
          ? `End the watch of ${room.target.name}?`
          : `Release the fence on ${room.target.name}?`
      }
      description={
        watch
          ? 'Nobody is told any more when a newer image migrates this database again.'
          : 'Newer images can migrate this database again.'
      }
      confirmLabel={watch ? 'End the watch' : 'Release fence'}
      pendingLabel={watch ? 'Ending' : 'Releasing'}
      cancelLabel={watch ? 'Keep watching' : 'Keep the fence'}
      lines={[
        [
          'warn',
          `Any instance whose image still contains ${numbers} applies them again when it starts, and this rollback is undone.`,
        ],
        [
          'ok',
          release
            ? `Safe once every instance runs ${release}, whose journal ends at ${plan.to.number}.`
            : `Safe once every instance runs an image whose journal ends at ${plan.to.number}.`,
        ],
        ['history', 'Who did it, and when, is kept in the history.'],
      ]}
    />
  );
}

/** Before a rollback is given up. */
export function CancelRollbackDialog({ room, open, onOpenChange }: ConfirmDialogProps) {
  const stopped = room.status === 'stopped';
  return (
    <Confirm
      room={room}
      action="cancel_rollback"
      open={open}
      onOpenChange={onOpenChange}
      title={`Cancel ${room.label}?`}
      description={
        stopped
          ? room.steps.some(isInside)
            ? 'One step is left in by half for good: it can’t be resumed, and what is in stays in.'
            : 'It is left at the clean step for good and can’t be resumed.'
          : 'Nothing has been undone. It can’t be taken up again; a new one can be created.'
      }
      confirmLabel="Cancel rollback"
      pendingLabel="Cancelling"
      cancelLabel="Keep it"
      lines={
        stopped && room.fence && !room.fence.releasedAt
          ? [
              room.fence.kind === 'watch'
                ? ['eye', 'The tracking table stays watched until somebody ends the watch.']
                : ['fenceUp', 'The fence stays up until somebody releases it.'],
            ]
          : []
      }
    />
  );
}

interface ConfirmProps extends ConfirmDialogProps {
  action: 'release_fence' | 'cancel_rollback';
  title: string;
  description: string;
  confirmLabel: string;
  pendingLabel: string;
  cancelLabel: string;
  lines: [icon: IconName, text: string][];
}

function Confirm({ room, action, lines, onOpenChange, ...words }: ConfirmProps) {
  const actions = useRoomActions();
  const verdict = room.gates.actions[action];

  async function confirm() {
    if (await actions.perform(action)) onOpenChange(false);
  }

  return (
    <AlertDialog
      {...words}
      onOpenChange={(next) => {
        actions.dismiss();
        onOpenChange(next);
      }}
      // While it is on its way the gates may already say that it has been asked for.
      disabledReason={verdict.allowed || actions.pending === action ? null : verdict.reason}
      pending={actions.pending === action}
      error={actions.failure?.action === action ? actions.failure.message : undefined}
      onConfirm={() => void confirm()}
    >
      {lines.length === 0 ? null : (
        <ul className="flex flex-col gap-2 text-sm">
          {lines.map(([icon, text]) => (
            <li key={icon} className="flex gap-2">
              <Icon name={icon} className="mt-0.5 text-text-3" />
              <span>{text}</span>
            </li>
          ))}
        </ul>
      )}
    </AlertDialog>
  );
}
