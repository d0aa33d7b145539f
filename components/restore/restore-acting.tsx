'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ActionError, postAction } from '@/components/api/post-action';
import type { RestoreAction } from '@/lib/core/restore-gates';
import { restoreKey } from './use-restore';

export interface Acting {
  pending: RestoreAction | null;
  failure: { action: RestoreAction; message: string } | null;
  /** @returns whether it was done */
  perform(action: RestoreAction, more?: Record<string, unknown>): Promise<boolean>;
  dismiss(): void;
}

/** Actions on one restore; each reads the room again when it is through. */
export function useRestoreActing(label: string): Acting {
  const client = useQueryClient();
  const [pending, setPending] = useState<Acting['pending']>(null);
  const [failure, setFailure] = useState<Acting['failure']>(null);

  async function perform(action: RestoreAction, more: Record<string, unknown> = {}) {
    if (pending) return false;
    setPending(action);
    setFailure(null);
    try {
      await postAction(action, { restore: label, ...more });
      return true;
    } catch (cause) {
      const message =
        cause instanceof ActionError ? cause.message : 'Something went wrong. Look again.';
      setFailure({ action, message });
      return false;
    } finally {
      await client.invalidateQueries({ queryKey: restoreKey(label) });
      setPending(null);
    }
  }

  return { pending, failure, perform, dismiss: () => setFailure(null) };
}
