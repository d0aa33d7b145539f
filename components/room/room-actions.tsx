'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { postAction } from '@/components/api/post-action';
import type { AttestInput } from '@/components/backups/attest-fields';
import { roomKey } from '@/components/live/room-query';
import type { BackupMethod } from '@/lib/core/backup';
import type { RoomAction } from '@/lib/core/gates';

/** What has to be said with an action besides which rollback and which plan it is about. */
interface ActionBodies {
  acknowledge: { key: string };
  take_backup: { method: Exclude<BackupMethod, 'attested'> };
  attest_backup: AttestInput;
  confirm_backup: { backup: string };
  cancel_backup: { backup: string };
  test_restore: { backup: string };
  approve: { comment: string };
  reject: { comment: string };
  start_run: { confirm: string; allOrNothing: boolean; rescue: boolean };
  resume_run: { confirm: string; allOrNothing: boolean; rescue: boolean };
  terminate_blocker: { pid: number; backendStart: string };
}

type BodyOf<A extends RoomAction> = A extends keyof ActionBodies ? ActionBodies[A] : undefined;

export interface ActionFailure {
  action: RoomAction;
  message: string;
}

export interface RoomActions {
  /** Posts the action; resolves to whether it was accepted. Never rejects: see `failure`. */
  perform<A extends RoomAction>(
    action: A,
    ...body: BodyOf<A> extends undefined ? [] : [BodyOf<A>]
  ): Promise<boolean>;
  /** The action that is on its way. */
  pending: RoomAction | null;
  failure: ActionFailure | null;
  dismiss(): void;
}

const ActionsContext = createContext<RoomActions | null>(null);

interface Request {
  action: RoomAction;
  body: object | undefined;
}

export interface RoomActionsProviderProps {
  label: string;
  /** The plan on the screen: what is decided is what was read. */
  digest: string;
  children: ReactNode;
}

/** Lets everything in the room act on the rollback, one action at a time. */
export function RoomActionsProvider({ label, digest, children }: RoomActionsProviderProps) {
  const client = useQueryClient();
  const { mutateAsync, reset, variables, error, isPending } = useMutation({
    mutationFn: ({ action, body }: Request) => {
      const [name, extra] = wireOf(action);
      return postAction(name, { rollback: label, digest, ...extra, ...body });
    },
    // Also after a refusal: it says that the page shows something old.
    onSettled: () => client.invalidateQueries({ queryKey: roomKey(label), exact: true }),
  });

  const actions = useMemo<RoomActions>(
    () => ({
      perform: (action, ...[body]) =>
        mutateAsync({ action, body }).then(
          () => true,
          () => false,
        ),
      pending: isPending && variables ? variables.action : null,
      failure: error && variables ? { action: variables.action, message: error.message } : null,
      dismiss: reset,
    }),
    [mutateAsync, reset, variables, error, isPending],
  );
  return <ActionsContext value={actions}>{children}</ActionsContext>;
}

export function useRoomActions(): RoomActions {
  const actions = useContext(ActionsContext);
  if (!actions) throw new Error('useRoomActions is used outside of RoomActionsProvider');
  return actions;
}

/** Approving and rejecting are one verb with a decision. */
function wireOf(action: RoomAction): [name: string, extra: object] {
  if (action === 'approve') return ['decide', { decision: 'approved' }];
  if (action === 'reject') return ['decide', { decision: 'rejected' }];
  return [action, {}];
}
