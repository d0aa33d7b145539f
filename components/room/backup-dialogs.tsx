'use client';

import { AttestDialog } from '@/components/backups/attest-dialog';
import { CancelBackupDialog } from '@/components/backups/cancel-backup-dialog';
import { ConfirmAttestationDialog } from '@/components/backups/confirm-attestation-dialog';
import type { BackupEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { useRoomActions } from './room-actions';

interface RoomDialogProps {
  room: RollbackRoom;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

type DialogAction = 'attest_backup' | 'confirm_backup' | 'cancel_backup';

/** What every dialog of the backup step needs to know of its action. */
function useDialog({ open, onOpenChange }: RoomDialogProps, action: DialogAction) {
  const actions = useRoomActions();
  return {
    open,
    onOpenChange: (next: boolean) => {
      actions.dismiss();
      onOpenChange(next);
    },
    pending: actions.pending === action,
    error: actions.failure?.action === action ? actions.failure.message : null,
  };
}

/** A person vouches for a backup of this rollback's target. */
export function RoomAttestDialog(props: RoomDialogProps & { onDone?: () => void }) {
  const { room, onOpenChange, onDone } = props;
  const actions = useRoomActions();
  const dialog = useDialog(props, 'attest_backup');
  if (!props.open) return null;
  return (
    <AttestDialog
      {...dialog}
      target={{ name: room.target.name, address: room.target.address }}
      secondPerson={room.policy.backup.second_person}
      onAttest={(input) =>
        void actions.perform('attest_backup', input).then((accepted) => {
          if (!accepted) return;
          onOpenChange(false);
          onDone?.();
        })
      }
    />
  );
}

/** The second person's yes to the backup that the room shows. */
export function RoomConfirmBackupDialog(props: RoomDialogProps) {
  const { room, onOpenChange } = props;
  const { backup } = room;
  const actions = useRoomActions();
  const dialog = useDialog(props, 'confirm_backup');
  if (!backup?.attestation) return null;
  return (
    <ConfirmAttestationDialog
      {...dialog}
      label={backup.label}
      target={room.target.name}
      attestation={backup.attestation}
      takenBy={backup.takenBy}
      verdict={room.gates.actions.confirm_backup}
      onConfirm={() =>
        void actions
          .perform('confirm_backup', { backup: backup.label })
          .then((accepted) => accepted && onOpenChange(false))
      }
    />
  );
}

/** Before a backup that is under way is given up. */
export function RoomCancelBackupDialog(props: RoomDialogProps & { backup: BackupEvidence }) {
  const { room, backup, onOpenChange } = props;
  const actions = useRoomActions();
  const dialog = useDialog(props, 'cancel_backup');
  return (
    <CancelBackupDialog
      {...dialog}
      label={backup.label}
      verdict={room.gates.actions.cancel_backup}
      onConfirm={() =>
        void actions
          .perform('cancel_backup', { backup: backup.label })
          .then((accepted) => accepted && onOpenChange(false))
      }
    />
  );
}
