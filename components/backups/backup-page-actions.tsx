'use client';

import { useState } from 'react';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import { ButtonLink } from '@/components/ui/button-link';
import type { BackupLine } from '@/lib/core/backup-views';
import type { Verdict } from '@/lib/core/gates';
import { restoreHref } from './backup-links';
import { CancelBackupDialog } from './cancel-backup-dialog';
import { ConfirmAttestationDialog } from './confirm-attestation-dialog';
import { canBeRestored } from './select-backups';
import { type BackupAction, useBackupAction } from './use-backup-action';

type Asked = 'cancel_backup' | 'confirm_backup';

const REFUSED: Partial<Record<BackupAction, string>> = {
  test_restore: 'The test restore was not asked for',
};

/** What can be done with one backup now. Nothing at all where it is nobody's turn. */
export function BackupPageActions({ backup }: { backup: BackupLine }) {
  const { acts, label } = backup;
  const actions = useBackupAction();
  const [asked, setAsked] = useState<Asked | null>(null);
  const busy = backup.state === 'queued' || backup.state === 'running';
  const confirmed = backup.state === 'passed' && backup.pruned === null;
  const { failure } = actions;
  const told = failure ? REFUSED[failure.action] : undefined;

  async function confirm(action: Asked) {
    if (await actions.perform(action, { backup: label })) setAsked(null);
  }
  const dialog = (action: Asked) => ({
    label,
    open: asked === action,
    onOpenChange: (open: boolean) => {
      actions.dismiss();
      setAsked(open ? action : null);
    },
    pending: actions.pending === action,
    error: failure?.action === action ? failure.message : null,
    onConfirm: () => void confirm(action),
  });

  return (
    <>
      {told ? (
        <Banner tone="danger" role="alert" title={told}>
          {failure?.message}
        </Banner>
      ) : null}
      <div className="flex flex-wrap items-center gap-2 empty:hidden">
        {confirmed && backup.method === 'pg_dump' && !lacksRole(acts.test) ? (
          <Button
            variant={backup.level === 'restored' ? 'default' : 'primary'}
            icon="database"
            disabledReason={acts.test.allowed ? null : acts.test.reason}
            reasonPlacement="after"
            pending={actions.pending === 'test_restore'}
            pendingLabel="Asking for it"
            onClick={() => void actions.perform('test_restore', testBody(backup))}
          >
            Restore to test it
          </Button>
        ) : null}
        {canBeRestored(backup) ? (
          <ButtonLink href={restoreHref(backup)} icon="swap">
            Emergency restore from this backup
          </ButtonLink>
        ) : null}
        {backup.toBeConfirmed && !lacksRole(acts.confirm) ? (
          <Button
            variant="primary"
            icon="check"
            disabledReason={acts.confirm.allowed ? null : acts.confirm.reason}
            reasonPlacement="after"
            onClick={() => setAsked('confirm_backup')}
          >
            Confirm it
          </Button>
        ) : null}
        {busy && !lacksRole(acts.cancel) ? (
          <Button
            variant="danger-outline"
            icon="stop"
            disabledReason={acts.cancel.allowed ? null : acts.cancel.reason}
            reasonPlacement="after"
            onClick={() => setAsked('cancel_backup')}
          >
            Cancel backup
          </Button>
        ) : null}
      </div>
      <CancelBackupDialog {...dialog('cancel_backup')} verdict={acts.cancel} />
      {backup.attestation ? (
        <ConfirmAttestationDialog
          {...dialog('confirm_backup')}
          target={backup.target}
          attestation={backup.attestation}
          takenBy={backup.takenBy.name}
          verdict={acts.confirm}
        />
      ) : null}
    </>
  );
}

/** The gates set `roleOnly` on every verdict that the person's role closes. */
const lacksRole = (verdict: Verdict): boolean => verdict.roleOnly !== undefined;

/** With the rollback that it was taken for, its plan is rehearsed on the copy. */
const testBody = ({ label, rollback }: BackupLine) => ({
  backup: label,
  ...(rollback === null ? {} : { rollback }),
});
