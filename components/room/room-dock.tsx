'use client';

import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { ButtonLink } from '@/components/ui/button-link';
import { Dock } from '@/components/ui/dock';
import { Icon } from '@/components/ui/icon';
import { IconButton } from '@/components/ui/icon-button';
import { Menu } from '@/components/ui/menu';
import type { BackupMethod } from '@/lib/core/backup';
import type { RoomAction, RoomStep } from '@/lib/core/gates';
import type { RollbackRoom } from '@/lib/core/views';
import { RoomAttestDialog, RoomConfirmBackupDialog } from './backup-dialogs';
import { CancelRollbackDialog, ReleaseFenceDialog } from './confirm-dialogs';
import { actionLabel, type DockAction, type DockButton, type DockPlan } from './dock-plan';
import { useRoomActions } from './room-actions';
import { RunDialog } from './run-dialog';

/** Actions that are asked about in a dialog before they are done. */
type Asked =
  | 'start_run'
  | 'resume_run'
  | 'release_fence'
  | 'cancel_rollback'
  | 'attest_backup'
  | 'confirm_backup';

const ASKED: ReadonlySet<RoomAction> = new Set<RoomAction>([
  'start_run',
  'resume_run',
  'release_fence',
  'cancel_rollback',
  'attest_backup',
  'confirm_backup',
]);
const isAsked = (action: RoomAction): action is Asked => ASKED.has(action);

/** Dialogs and cards show their own refusals. */
const toldElsewhere = (action: RoomAction): boolean =>
  isAsked(action) ||
  action === 'cancel_backup' ||
  action === 'terminate_blocker' ||
  action === 'prune_rescue';

const PENDING: Partial<Record<RoomAction, string>> = {
  approve: 'Approving',
  reject: 'Rejecting',
  request_approval: 'Requesting',
  repin: 'Pinning',
  take_backup: 'Asking for it',
  test_restore: 'Asking for it',
};

const NEEDS_COMMENT = 'Rejecting needs a comment.';

/** Where a person looks after having pressed the button. */
const LEADS_TO: Partial<Record<RoomAction, RoomStep>> = {
  take_backup: 'backup',
  test_restore: 'backup',
  request_approval: 'approval',
  rehearse: 'preview',
  repin: 'preview',
};

export interface RoomDockProps {
  room: RollbackRoom;
  plan: DockPlan;
  /** How a backup is taken. */
  method: BackupMethod;
  /** What a reviewer has written; rejecting needs it. */
  comment: string;
  onDecided: () => void;
  onChoose: (step: RoomStep) => void;
}

/** The bar with the one action that comes next, and the questions that some actions ask first. */
export function RoomDock({ room, plan, method, comment, onDecided, onChoose }: RoomDockProps) {
  const actions = useRoomActions();
  const [asked, setAsked] = useState<Asked | null>(null);
  const failure =
    actions.failure && !toldElsewhere(actions.failure.action) ? actions.failure : null;
  // The comment is not a gate: it is a field of this form, and the verb asks for it as well.
  const wordless =
    comment.trim() === '' &&
    plan.buttons.some((one) => one.kind === 'action' && one.action === 'reject' && !one.reason);
  const detail = wordless ? [plan.detail, NEEDS_COMMENT].filter(Boolean).join(' ') : plan.detail;
  const dialog = (action: Asked) => ({
    room,
    open: asked === action,
    onOpenChange: (open: boolean) => setAsked(open ? action : null),
  });

  async function act(action: DockAction) {
    if (isAsked(action)) {
      setAsked(action);
      return;
    }
    if (action === 'approve' || action === 'reject') {
      if (await actions.perform(action, { comment: comment.trim() })) onDecided();
      return;
    }
    const accepted = await performPlain(action);
    const next = LEADS_TO[action];
    if (accepted && next) onChoose(next);
  }

  function performPlain(action: Exclude<DockAction, Asked | 'approve' | 'reject'>) {
    switch (action) {
      case 'take_backup':
        return actions.perform(action, { method: method === 'command' ? method : 'pg_dump' });
      case 'test_restore':
        return actions.perform(action, { backup: room.backup?.label ?? '' });
      default:
        return actions.perform(action);
    }
  }

  return (
    <>
      <div className="h-5 shrink-0" />
      <Dock
        span="column"
        title={failure ? null : plan.title}
        detail={
          failure ? (
            <Failure
              message={`${actionLabel(failure.action, room)}: not done. ${failure.message}`}
              onDismiss={actions.dismiss}
            />
          ) : plan.reason ? null : (
            detail
          )
        }
        reason={failure ? null : plan.reason}
        actions={
          <>
            {plan.cancel ? (
              <Menu
                trigger={
                  <IconButton icon="more" label="More actions" className="max-md:max-w-11" />
                }
                items={[
                  {
                    id: 'cancel',
                    label: 'Cancel rollback',
                    icon: 'minusCircle',
                    tone: 'danger',
                    disabledReason: plan.cancel.allowed ? null : plan.cancel.reason,
                    onSelect: () => setAsked('cancel_rollback'),
                  },
                ]}
              />
            ) : null}
            {plan.buttons.map((button) => (
              <PlannedButton
                key={button.label}
                button={button}
                wordless={wordless}
                pending={actions.pending}
                onAct={(action) => void act(action)}
                onChoose={onChoose}
              />
            ))}
          </>
        }
      />
      <RunDialog {...dialog('start_run')} action="start_run" onStarted={() => onChoose('run')} />
      <RunDialog {...dialog('resume_run')} action="resume_run" onStarted={() => onChoose('run')} />
      <ReleaseFenceDialog {...dialog('release_fence')} />
      <CancelRollbackDialog {...dialog('cancel_rollback')} />
      <RoomAttestDialog {...dialog('attest_backup')} onDone={() => onChoose('backup')} />
      <RoomConfirmBackupDialog {...dialog('confirm_backup')} />
    </>
  );
}

/** In the dock, because that is in sight wherever the button was. */
function Failure({ message, onDismiss }: { message: string; onDismiss: () => void }) {
  return (
    <span role="alert" className="flex items-start gap-2 text-danger-text">
      <Icon name="danger" className="mt-0.5" />
      <span className="min-w-0">{message}</span>
      <IconButton icon="x" label="Dismiss" onClick={onDismiss} className="-my-1.5" />
    </span>
  );
}

interface PlannedButtonProps {
  button: DockButton;
  /** No comment is written yet: nothing can be rejected. */
  wordless: boolean;
  pending: RoomAction | null;
  onAct: (action: DockAction) => void;
  onChoose: (step: RoomStep) => void;
}

function PlannedButton({ button, wordless, pending, onAct, onChoose }: PlannedButtonProps) {
  if (button.kind === 'link') {
    return (
      <ButtonLink href={button.href} variant={button.look}>
        {button.label}
      </ButtonLink>
    );
  }
  if (button.kind === 'step') {
    return (
      <Button variant={button.look} onClick={() => onChoose(button.step)}>
        {button.label}
      </Button>
    );
  }
  const { action } = button;
  const unsaid = action === 'reject' && wordless ? NEEDS_COMMENT : null;
  return (
    <Button
      variant={button.look}
      icon={button.icon}
      disabledReason={button.reason ?? unsaid}
      reasonPlacement="hidden"
      pending={pending === action}
      pendingLabel={PENDING[action]}
      onClick={() => onAct(action)}
    >
      {button.label}
    </Button>
  );
}
