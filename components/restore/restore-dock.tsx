'use client';

import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dock } from '@/components/ui/dock';
import type { IconName } from '@/components/ui/icon';
import type { RestoreAction } from '@/lib/core/restore-gates';
import type { RestoreRoom } from '@/lib/core/restore-views';
import { lackingRole, nextAct } from './next-act';
import type { Acting } from './restore-acting';
import { type AskedAction, RestoreDialog } from './swap-dialogs';
import { WAY_WORDS } from './way-words';

const LABELS: Record<RestoreAction, { label: string; icon: IconName; pending: string }> = {
  start_restore: { label: 'Restore', icon: 'database', pending: 'Asking' },
  take_safety_backup: { label: 'Back up present state', icon: 'archive', pending: 'Asking' },
  request_restore_approval: { label: 'Request approval', icon: 'sign', pending: 'Requesting' },
  decide_restore: { label: 'Approve', icon: 'sign', pending: 'Approving' },
  start_swap: { label: 'Swap', icon: 'swap', pending: 'Asking for the swap' },
  swap_back: { label: 'Swap back', icon: 'undo', pending: 'Asking for the swap back' },
  drop_former: { label: 'Drop what is kept', icon: 'trash', pending: 'Asking for the drop' },
  cancel_restore: { label: 'Cancel restore', icon: 'x', pending: 'Cancelling' },
  reconcile_restore: { label: 'Check again', icon: 'refresh', pending: 'Asking the server' },
  release_restore_fence: { label: 'Release fence', icon: 'fenceDown', pending: 'Releasing' },
};

const TITLES: Partial<Record<RestoreRoom['status'], string>> = {
  failed: 'Next: try again, or cancel it.',
  restored: 'Next: ask for approval of the swap.',
  awaiting_approval: 'Next: the decision of a reviewer.',
  approved: 'Next: swap it in.',
  swapped: 'Next: deploy the release that fits.',
  unknown: 'Next: ask the server what is so.',
};

const ASKED: ReadonlySet<RestoreAction> = new Set<AskedAction>([
  'start_restore',
  'start_swap',
  'swap_back',
  'drop_former',
  'cancel_restore',
  'release_restore_fence',
]);

export interface RestoreDockProps {
  room: RestoreRoom;
  acting: Acting;
}

/** What comes next, and why it can't where it can't. */
export function RestoreDock({ room, acting }: RestoreDockProps) {
  const [asked, ask] = useState<AskedAction | null>(null);
  const { actions } = room.gates;
  const next = nextAct(room);
  const beside = (['release_restore_fence', 'drop_former', 'cancel_restore', 'swap_back'] as const)
    .filter((action) => actions[action].allowed)
    .filter((action) => action !== next);
  const main = next && actions[next].roleOnly === undefined ? next : undefined;
  // Whoever may only look is told whose turn it is.
  const lacking = !main && beside.length === 0 ? lackingRole(room) : undefined;
  if (!main && beside.length === 0 && !lacking) return null;
  const reason =
    main && !actions[main].allowed
      ? actions[main].reason
      : lacking && `${labelOf(lacking.act, room)}: ${lowered(lacking.reason)}`;
  const failed = acting.failure && asked === null ? acting.failure.message : undefined;

  function press(action: RestoreAction) {
    if (ASKED.has(action)) ask(action as AskedAction);
    else
      void acting.perform(
        action,
        action === 'request_restore_approval' ? { digest: room.digest } : {},
      );
  }

  return (
    <>
      <Dock
        span="column"
        title={titleOf(room, next)}
        detail={
          // What went wrong stands above already.
          room.status === 'failed'
            ? undefined
            : room.gates.steps.find(({ step }) => step === room.gates.current)?.reason
        }
        reason={failed ?? reason}
        reasonIcon={failed ? 'danger' : 'info'}
        actions={
          <>
            {beside.map((action) => (
              <Button
                key={action}
                variant={action === 'drop_former' ? 'danger-outline' : 'default'}
                icon={LABELS[action].icon}
                onClick={() => press(action)}
              >
                {labelOf(action, room)}
              </Button>
            ))}
            {main ? (
              <Button
                variant="primary"
                icon={LABELS[main].icon}
                disabledReason={reason ?? null}
                reasonPlacement="hidden"
                pending={acting.pending === main}
                pendingLabel={LABELS[main].pending}
                onClick={() => press(main)}
              >
                {labelOf(main, room)}
              </Button>
            ) : null}
          </>
        }
      />
      <RestoreDialog room={room} acting={acting} action={asked} onClose={() => ask(null)} />
    </>
  );
}

function titleOf({ status, way }: RestoreRoom, next: RestoreAction | undefined) {
  if (status === 'draft') return WAY_WORDS[way].draft;
  if (next === 'start_swap') return TITLES.approved;
  return next === 'take_safety_backup' ? 'Next: a backup of the present state.' : TITLES[status];
}

function labelOf(action: RestoreAction, { status, target, way }: RestoreRoom): string {
  switch (action) {
    case 'start_restore':
      return WAY_WORDS[way].start;
    case 'drop_former':
      return status === 'swapped_back'
        ? `Drop restored ${WAY_WORDS[way].thing}`
        : WAY_WORDS[way].dropFormer;
    case 'start_swap':
      return `Swap on ${target.name}`;
    default:
      return LABELS[action].label;
  }
}

/** As it stands after a colon. */
const lowered = (sentence = ''): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);
