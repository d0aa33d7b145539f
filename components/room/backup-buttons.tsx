'use client';

import { useState } from 'react';
import { takeWords } from '@/components/backups/backup-words';
import { Button } from '@/components/ui/button';
import type { ButtonVariant } from '@/components/ui/button-style';
import type { BackupMethod } from '@/lib/core/backup';
import type { BackupEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import {
  RoomAttestDialog,
  RoomCancelBackupDialog,
  RoomConfirmBackupDialog,
} from './backup-dialogs';
import { useRoomActions } from './room-actions';

/** Another backup in the way that is chosen, or the first. Nothing at all where none may be taken now. */
export function TakeAnotherButton(props: {
  room: RollbackRoom;
  method: BackupMethod;
  first: boolean;
}) {
  const { room, method, first } = props;
  const actions = useRoomActions();
  const [open, setOpen] = useState(false);
  const action = method === 'attested' ? 'attest_backup' : 'take_backup';
  if (!room.gates.actions[action].allowed && actions.pending !== action) return null;
  return (
    <>
      <Button
        variant={first ? 'default' : 'quiet'}
        icon={method === 'attested' ? 'sign' : first ? 'archive' : 'refresh'}
        pending={actions.pending === 'take_backup'}
        pendingLabel="Asking for a backup"
        onClick={() => {
          if (method === 'attested') setOpen(true);
          else void actions.perform('take_backup', { method });
        }}
      >
        {first || method === 'attested' ? takeWords(method) : 'Take another backup'}
      </Button>
      <RoomAttestDialog room={room} open={open} onOpenChange={setOpen} />
    </>
  );
}

/** Restores the backup on the scratch server and rehearses this plan on it. */
export function TestRestoreButton(props: {
  room: RollbackRoom;
  backup: BackupEvidence;
  variant?: ButtonVariant;
  children: string;
}) {
  const { room, backup, variant = 'default', children } = props;
  const actions = useRoomActions();
  const verdict = room.gates.actions.test_restore;
  if (verdict.roleOnly !== undefined) return null;
  return (
    <Button
      variant={variant}
      icon="database"
      disabledReason={verdict.allowed ? null : verdict.reason}
      pending={actions.pending === 'test_restore'}
      pendingLabel="Asking for it"
      onClick={() => void actions.perform('test_restore', { backup: backup.label })}
    >
      {children}
    </Button>
  );
}

/** For the second person, beside what they confirm. */
export function ConfirmBackupButton({ room }: { room: RollbackRoom }) {
  const [open, setOpen] = useState(false);
  const verdict = room.gates.actions.confirm_backup;
  if (verdict.roleOnly !== undefined) return null;
  return (
    <>
      <Button
        icon="check"
        disabledReason={verdict.allowed ? null : verdict.reason}
        onClick={() => setOpen(true)}
      >
        Confirm backup
      </Button>
      <RoomConfirmBackupDialog room={room} open={open} onOpenChange={setOpen} />
    </>
  );
}

/** Beside the progress of a backup. */
export function CancelBackupButton({
  room,
  backup,
}: {
  room: RollbackRoom;
  backup: BackupEvidence;
}) {
  const [open, setOpen] = useState(false);
  const verdict = room.gates.actions.cancel_backup;
  if (verdict.roleOnly !== undefined) return null;
  return (
    <>
      <Button
        variant="danger-outline"
        icon="stop"
        disabledReason={verdict.allowed ? null : verdict.reason}
        onClick={() => setOpen(true)}
      >
        Cancel backup
      </Button>
      <RoomCancelBackupDialog room={room} backup={backup} open={open} onOpenChange={setOpen} />
    </>
  );
}
