'use client';

import { AlertDialog } from '@/components/ui/alert-dialog';
import type { Verdict } from '@/lib/core/gates';

export interface CancelBackupDialogProps {
  label: string;
  verdict: Verdict;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  pending: boolean;
  error: string | null;
  onConfirm: () => void;
}

/** Before a backup that is under way is given up. */
export function CancelBackupDialog({
  label,
  verdict,
  error,
  pending,
  ...rest
}: CancelBackupDialogProps) {
  return (
    <AlertDialog
      {...rest}
      title={`Cancel ${label}?`}
      description="What is written so far is set aside and never counts as a backup. The target is only read, and keeps running."
      confirmLabel="Cancel backup"
      cancelLabel="Keep going"
      pendingLabel="Cancelling"
      // While it is on its way the page may already say that it has been asked for.
      disabledReason={verdict.allowed || pending ? null : verdict.reason}
      pending={pending}
      error={error ?? undefined}
    />
  );
}
