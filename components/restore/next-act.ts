import type { RestoreAction } from '@/lib/core/restore-gates';
import type { RestoreRoom } from '@/lib/core/restore-views';

type Standing = {
  status: RestoreRoom['status'];
  gates: Pick<RestoreRoom['gates'], 'actions'>;
};

/** The one act that comes next, by status; none while something goes on. */
const NEXT: Partial<Record<RestoreRoom['status'], RestoreAction>> = {
  draft: 'start_restore',
  failed: 'start_restore',
  restored: 'request_restore_approval',
  approved: 'start_swap',
  unknown: 'reconcile_restore',
};

/** Where nothing comes next for the one who asked: what others may do then. */
const BY_OTHERS: Partial<Record<RestoreRoom['status'], RestoreAction>> = {
  awaiting_approval: 'decide_restore',
  swapped: 'swap_back',
};

/** The act that comes next. An approval that has lapsed is asked for again; before that there is no swap. */
export function nextAct({ status, gates }: Standing): RestoreAction | undefined {
  const { start_swap: swap, request_restore_approval: again, take_safety_backup } = gates.actions;
  // A policy that asks for no approval any more leaves nobody to wait for.
  if ((status === 'restored' || status === 'awaiting_approval') && swap.allowed)
    return 'start_swap';
  if (status === 'approved' && !swap.allowed) {
    if (again.allowed || again.roleOnly) return 'request_restore_approval';
    // Without a backup of the present state there is no swap in place.
    if (!swap.roleOnly && take_safety_backup.allowed) return 'take_safety_backup';
  }
  return NEXT[status];
}

/** The act that somebody may do now, and that the reader's role, and nothing else, keeps away. */
export function lackingRole(
  room: Standing,
): { act: RestoreAction; reason: string | undefined } | undefined {
  const act = nextAct(room) ?? BY_OTHERS[room.status];
  const verdict = act && room.gates.actions[act];
  return act && verdict?.roleOnly ? { act, reason: verdict.reason } : undefined;
}
