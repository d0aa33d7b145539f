'use client';

import { AlertDialog } from '@/components/ui/alert-dialog';
import type { Attestation } from '@/lib/core/backup';
import type { Verdict } from '@/lib/core/gates';
import { AttestationFacts } from './attestation-facts';

export interface ConfirmAttestationDialogProps {
  label: string;
  target: string;
  attestation: Attestation;
  takenBy: string;
  verdict: Verdict;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  pending: boolean;
  error: string | null;
  onConfirm: () => void;
}

/** The second person's yes: what they take on, and what they should look at before. */
export function ConfirmAttestationDialog(props: ConfirmAttestationDialogProps) {
  const { label, target, attestation, takenBy, verdict, pending } = props;
  return (
    <AlertDialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      size="lg"
      tone="primary"
      title={`Confirm ${label}?`}
      description={`Look at it yourself at ${attestation.provider}, and not at what ${takenBy} has written. Backstep can’t read it.`}
      confirmLabel="I have seen it: confirm"
      cancelLabel="Not yet"
      pendingLabel="Confirming"
      // While it is on its way the page may already say that it is confirmed.
      disabledReason={verdict.allowed || pending ? null : verdict.reason}
      pending={pending}
      error={props.error ?? undefined}
      onConfirm={props.onConfirm}
    >
      <div className="flex flex-col gap-4 text-sm">
        <AttestationFacts attestation={attestation} takenBy={takenBy} toBeConfirmed />
        <ul className="flex list-disc flex-col gap-1 pl-5">
          <li>The provider shows it as complete, under exactly this id.</li>
          <li>It is of {target}, and was taken at the time above.</li>
          <li>We can restore it, and who is on call may do so.</li>
        </ul>
        <p className="text-text-2">
          A run then relies on it. Your name and the time go into the history.
        </p>
      </div>
    </AlertDialog>
  );
}
