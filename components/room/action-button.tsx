'use client';

import type { ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import type { ButtonVariant } from '@/components/ui/button-style';
import type { ReasonPlacement } from '@/components/ui/disabled-reason';
import type { RollbackRoom } from '@/lib/core/views';
import { actionIcon, actionLabel } from './dock-plan';
import { useRoomActions } from './room-actions';

/** Actions that need no more than the rollback itself, nor a question before. */
export type PlainAction = 'rehearse' | 'repin' | 'reconcile_run' | 'request_approval';

const PENDING: Record<PlainAction, string> = {
  rehearse: 'Asking for a rehearsal',
  repin: 'Pinning',
  reconcile_run: 'Asking the target',
  request_approval: 'Requesting',
};

export interface ActionButtonProps {
  room: RollbackRoom;
  action: PlainAction;
  variant?: ButtonVariant;
  reasonPlacement?: ReasonPlacement;
  /** Instead of the action's own name. */
  children?: ReactNode;
}

/** An action away from the dock. Nothing at all for people whose role it is not. */
export function ActionButton({
  room,
  action,
  variant = 'default',
  reasonPlacement = 'before',
  children,
}: ActionButtonProps) {
  const actions = useRoomActions();
  const verdict = room.gates.actions[action];
  if (verdict.roleOnly !== undefined) return null;
  return (
    <Button
      variant={variant}
      icon={actionIcon(action)}
      disabledReason={verdict.allowed ? null : verdict.reason}
      reasonPlacement={reasonPlacement}
      pending={actions.pending === action}
      pendingLabel={PENDING[action]}
      onClick={() => void actions.perform(action)}
    >
      {children ?? actionLabel(action, room)}
    </Button>
  );
}
