'use client';

import { useRouter } from 'next/navigation';
import { useCallback, useState } from 'react';
import { ActionError, postAction } from '@/components/api/post-action';

/** What can be asked for on the pages of backups. */
export type BackupAction =
  | 'take_target_backup'
  | 'attest_backup'
  | 'confirm_backup'
  | 'cancel_backup'
  | 'test_restore';

export interface BackupActions {
  /** Posts the action and reads the page anew; resolves to whether it was accepted. Never rejects. */
  perform(action: BackupAction, body: object): Promise<boolean>;
  /** The action that is on its way. */
  pending: BackupAction | null;
  failure: { action: BackupAction; message: string } | null;
  dismiss(): void;
}

/** One action at a time, with the server's own words when it refuses. */
export function useBackupAction(): BackupActions {
  const router = useRouter();
  const [pending, setPending] = useState<BackupAction | null>(null);
  const [failure, setFailure] = useState<BackupActions['failure']>(null);

  const perform = useCallback(
    async (action: BackupAction, body: object) => {
      setPending(action);
      setFailure(null);
      try {
        await postAction(action, body);
        return true;
      } catch (cause) {
        const message =
          cause instanceof ActionError ? cause.message : 'It was not asked for. Try again.';
        setFailure({ action, message });
        return false;
      } finally {
        setPending(null);
        // Also after a refusal: it says that the page shows something old.
        router.refresh();
      }
    },
    [router],
  );
  const dismiss = useCallback(() => setFailure(null), []);
  return { perform, pending, failure, dismiss };
}
