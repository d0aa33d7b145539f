import { takeWords } from '@/components/backups/backup-words';
import type { IconName } from '@/components/ui/icon';
import type { BackupMethod } from '@/lib/core/backup';
import type { Gate, RoomAction, RoomStep, Verdict } from '@/lib/core/gates';
import { isInside } from '@/lib/core/parts';
import type { RollbackRoom } from '@/lib/core/views';
import { backupNext } from './backup-next';
import { movedAway } from './database-place';
import { dangersUnread, policyBlocks, scriptFailed } from './rehearsal-verdict';

export type DockLook = 'primary' | 'default' | 'danger-outline';

/**
 * Dangers are taken on beside their words, one by one, a blocker is ended beside its name, a backup is
 * cancelled beside its progress and copies are dropped beside their list: never from a bar at the foot.
 */
export type DockAction = Exclude<
  RoomAction,
  'acknowledge' | 'cancel_backup' | 'terminate_blocker' | 'prune_rescue'
>;

/** A button of the dock: something to do, a step of the room to look at, or another page. */
export type DockButton =
  | {
      kind: 'action';
      action: DockAction;
      label: string;
      icon: IconName;
      look: DockLook;
      reason: string | null;
    }
  | { kind: 'step'; step: RoomStep; label: string; look: DockLook }
  | { kind: 'link'; href: string; label: string; look: DockLook };

/** What comes next, as the bar at the foot of the room says it. */
export interface DockPlan {
  title: string;
  detail: string | null;
  /** Why the main button can't be pressed. */
  reason: string | null;
  /** At most one is primary, and it comes last. */
  buttons: DockButton[];
  /** Null when the person's role could never cancel, or there is nothing left to cancel. */
  cancel: Verdict | null;
}

type Part = Omit<DockPlan, 'cancel' | 'detail' | 'reason'> & {
  detail?: string | null;
  reason?: string | null;
};

const LABELS: Record<RoomAction, [label: string, icon: IconName]> = {
  rehearse: ['Rehearse again', 'refresh'],
  repin: ['Pin the plan again', 'refresh'],
  acknowledge: ['Acknowledge', 'check'],
  take_backup: ['Take backup', 'archive'],
  attest_backup: ['Vouch for a backup', 'sign'],
  confirm_backup: ['Confirm backup', 'check'],
  cancel_backup: ['Cancel backup', 'stop'],
  test_restore: ['Restore to test it', 'database'],
  request_approval: ['Request approval', 'sign'],
  approve: ['Approve', 'check'],
  reject: ['Reject', 'x'],
  start_run: ['Run rollback', 'undo'],
  stop_run: ['Stop after this step', 'stepForward'],
  cancel_run: ['Cancel now', 'stop'],
  resume_run: ['Resume', 'play'],
  reconcile_run: ['Check again', 'refresh'],
  release_fence: ['Release fence', 'fenceDown'],
  terminate_blocker: ['Terminate blocker', 'stop'],
  prune_rescue: ['Drop copies', 'x'],
  cancel_rollback: ['Cancel rollback', 'minusCircle'],
};

/** The name of an action as its button says it. */
export function actionLabel(
  action: RoomAction,
  room: Pick<RollbackRoom, 'target' | 'fence'>,
): string {
  if (action === 'release_fence' && room.fence?.kind === 'watch') return 'End the watch';
  return action === 'start_run' ? `Run rollback on ${room.target.name}` : LABELS[action][0];
}

export function actionIcon(action: RoomAction): IconName {
  return LABELS[action][1];
}

/**
 * Chooses the one action that comes next. What is allowed, and why not, is the gates' word: this
 * only decides which of their verdicts is worth the place.
 * @param viewed the step that is on the screen
 * @param method how a backup would be taken, where several ways are allowed
 */
export function planDock(
  room: RollbackRoom,
  actorId: string,
  viewed: RoomStep,
  method: BackupMethod = firstMethod(room),
): DockPlan {
  const part = partFor({ room, actorId, viewed, method });
  const verdict = room.gates.actions.cancel_rollback;
  const over = ['running', 'unknown', 'succeeded', 'rejected', 'cancelled', 'expired'];
  const cancel = over.includes(room.status) || lacksRole(verdict) ? null : verdict;
  return { detail: null, reason: null, ...part, cancel };
}

/** The gates set `roleOnly` on every verdict that the person's role closes. */
const lacksRole = (verdict: Verdict): boolean => verdict.roleOnly !== undefined;

const gateOf = (room: RollbackRoom, step: RoomStep): Gate | undefined =>
  room.gates.steps.find((gate) => gate.step === step);

function button(room: RollbackRoom, action: DockAction, look: DockLook = 'primary'): DockButton {
  const verdict = room.gates.actions[action];
  const reason = verdict.allowed ? null : (verdict.reason ?? 'Not possible now.');
  return {
    kind: 'action',
    action,
    label: actionLabel(action, room),
    icon: actionIcon(action),
    look,
    reason,
  };
}

/** An action with its reason; for a person whose role it is not, the sentence without the button. */
function offer(
  room: RollbackRoom,
  action: DockAction,
  title: string,
  detail?: string | null,
): Part {
  const verdict = room.gates.actions[action];
  if (lacksRole(verdict)) return { title, detail: verdict.reason ?? null, buttons: [] };
  return {
    title,
    detail,
    reason: verdict.allowed ? null : (verdict.reason ?? null),
    buttons: [button(room, action)],
  };
}

/** What is offered before anybody has chosen: the first that the policy allows. */
export const firstMethod = (room: Pick<RollbackRoom, 'policy'>): BackupMethod =>
  room.policy.backup.methods[0] ?? 'pg_dump';

interface Asked {
  room: RollbackRoom;
  actorId: string;
  viewed: RoomStep;
  method: BackupMethod;
}

function partFor(asked: Asked): Part {
  const { room, viewed } = asked;
  switch (room.status) {
    case 'draft':
      return beforeApproval(asked);
    case 'awaiting_approval':
      return awaiting(asked);
    case 'approved':
      return readyToRun(asked);
    case 'running':
      return viewed === 'run'
        ? whileRunning(room)
        : {
            title: 'The rollback is running.',
            buttons: [{ kind: 'step', step: 'run', label: 'Watch the run', look: 'primary' }],
          };
    case 'stopped':
      return afterStop(asked);
    case 'unknown':
      return offer(room, 'reconcile_run', 'Next: find out.', 'Nothing more runs by itself.');
    case 'succeeded':
      return afterRun(room, viewed);
    case 'rejected':
    case 'cancelled':
    case 'expired':
      return ended(room);
  }
}

function beforeApproval(asked: Asked): Part {
  const { room, viewed } = asked;
  const { actions } = room.gates;
  const [plan, preview, backup] = [
    gateOf(room, 'plan'),
    gateOf(room, 'preview'),
    gateOf(room, 'backup'),
  ];
  if (plan && !plan.open) {
    const unread = plan.state === 'failed';
    return offer(
      room,
      'repin',
      unread ? 'The plan could not be checked.' : 'Next: pin the plan again.',
      unread ? plan.reason : 'It starts over with what is true now.',
    );
  }
  if (scriptFailed(room) || policyBlocks(room)) {
    return mendScript(room, 'rehearse', 'Then pin the plan again; it is rehearsed by itself.');
  }
  const dangers = dangersUnread(room);
  if (preview && !preview.open && preview.state !== 'working' && !dangers) {
    return offer(room, 'rehearse', 'Next: rehearse.', preview.reason);
  }
  const meanwhile = preview?.open
    ? backup?.reason
    : dangers
      ? 'The dangers can be read meanwhile.'
      : 'It can be taken while the rehearsal runs.';
  const needed = forBackup(asked, 'Next: take a backup.', meanwhile);
  if (needed) return needed;
  if (room.policy.approvals === 0) return readyToRun(asked);
  if (dangers) return readDangers(room, 'request_approval', viewed);
  const next = offer(room, 'request_approval', 'Next: ask for approval.');
  return actions.request_approval.allowed && room.backup?.snapshotAt
    ? { ...next, detail: 'Rehearsal and backup are in order.' }
    : next;
}

/**
 * What the backup needs of somebody; null where it needs nothing, or what it needs is under way.
 * @param meanwhile beside the button that takes one, where there is more to say than the gate does
 */
function forBackup(asked: Asked, takeTitle: string, meanwhile?: string | null): Part | null {
  const { room, viewed } = asked;
  const reason = gateOf(room, 'backup')?.reason;
  switch (backupNext(room)) {
    case null:
      return null;
    case 'take':
      return takeBackup(asked, takeTitle, meanwhile ?? reason);
    case 'test':
      return offer(room, 'test_restore', 'Next: restore the backup to test it.', reason);
    case 'mend':
      return room.gates.actions.repin.allowed || lacksRole(room.gates.actions.repin)
        ? mendScript(room, 'test_restore', reason)
        : null;
    case 'confirm': {
      const verdict = room.gates.actions.confirm_backup;
      if (!verdict.allowed) {
        return { title: 'Waiting for a second person.', detail: reason, buttons: [] };
      }
      return viewed === 'backup'
        ? offer(room, 'confirm_backup', 'Next: confirm the backup.', reason)
        : {
            title: 'Next: confirm the backup.',
            detail: reason,
            buttons: [
              { kind: 'step', step: 'backup', label: 'See what is vouched for', look: 'primary' },
            ],
          };
    }
  }
}

/** A backup in the way that was chosen: Backstep takes it, or a person vouches for one. */
function takeBackup({ room, method }: Asked, title: string, detail?: string | null): Part {
  const action = method === 'attested' ? 'attest_backup' : 'take_backup';
  const part = offer(room, action, title, detail);
  return {
    ...part,
    buttons: part.buttons.map((one) => ({ ...one, label: takeWords(method) })),
  };
}

/** Leads to the dangers; beside them the action that waits for them says why it can't be done yet. */
function readDangers(
  room: RollbackRoom,
  action: 'request_approval' | 'start_run',
  viewed: RoomStep,
): Part {
  const title = 'Next: acknowledge the dangers.';
  if (viewed === 'preview') return offer(room, action, title);
  return {
    title,
    detail: gateOf(room, 'preview')?.reason ?? null,
    buttons: [{ kind: 'step', step: 'preview', label: 'Read the dangers', look: 'primary' }],
  };
}

/** @param again what is tried again where the script was right after all */
function mendScript(
  room: RollbackRoom,
  again: 'rehearse' | 'test_restore',
  detail: string | null | undefined,
): Part {
  const part = offer(room, 'repin', 'Next: mend the script.', detail);
  if (part.buttons.length === 0) return part;
  return { ...part, buttons: [button(room, again, 'default'), ...part.buttons] };
}

function awaiting(asked: Asked): Part {
  const { room, actorId, viewed } = asked;
  const { approve, take_backup: backup, attest_backup: attest } = room.gates.actions;
  const decides = !lacksRole(approve) && room.requestedBy.id !== actorId;
  if (decides && viewed !== 'approval') {
    return {
      title: 'Next: decide.',
      detail: `${room.requestedBy.name} asks for approval.`,
      buttons: [{ kind: 'step', step: 'approval', label: 'Review and decide', look: 'primary' }],
    };
  }
  if (decides) {
    return {
      title: 'Your decision.',
      detail: 'Approving runs nothing.',
      reason: approve.allowed ? null : (approve.reason ?? null),
      buttons: [button(room, 'reject', 'danger-outline'), button(room, 'approve')],
    };
  }
  if (backup.allowed || attest.allowed) {
    const needed = forBackup(asked, 'Waiting for a reviewer.');
    if (needed) return needed;
  }
  return offer(room, 'start_run', 'Waiting for a reviewer.', 'This page follows by itself.');
}

function readyToRun(asked: Asked): Part {
  const { room, viewed } = asked;
  const { actions } = room.gates;
  if (dangersUnread(room)) return readDangers(room, 'start_run', viewed);
  if (!actions.start_run.allowed && !lacksRole(actions.start_run)) {
    const preview = gateOf(room, 'preview');
    if (preview && !preview.open && preview.state !== 'working' && actions.rehearse.allowed) {
      return offer(room, 'rehearse', 'Next: rehearse again.', preview.reason);
    }
    const needed = forBackup(asked, 'Next: take a fresh backup.');
    if (needed) return needed;
  }
  return offer(room, 'start_run', 'Next: run it.', 'You are asked once more before anything runs.');
}

function whileRunning(room: RollbackRoom): Part {
  const buttons = (['stop_run', 'cancel_run'] as const)
    .filter((action) => !lacksRole(room.gates.actions[action]))
    .map((action) => button(room, action, action === 'cancel_run' ? 'danger-outline' : 'default'));
  return { title: '', buttons };
}

function afterStop(asked: Asked): Part {
  const { room } = asked;
  const { resume_run: resume } = room.gates.actions;
  const moved = movedAway(room) !== null;
  if (!moved && !resume.allowed && !lacksRole(resume)) {
    const needed = forBackup(asked, 'Next: take a fresh backup.');
    if (needed && needed.buttons.length > 0) {
      const first = button(room, 'resume_run', 'default');
      return { ...needed, buttons: [first, ...needed.buttons] };
    }
  }
  return offer(
    room,
    'resume_run',
    moved ? 'This run can’t be resumed.' : 'Next: resume, or leave it here.',
    room.steps.some(isInside)
      ? 'It finishes the step that is in by half.'
      : 'It goes on from the clean step.',
  );
}

function afterRun(room: RollbackRoom, viewed: RoomStep): Part {
  const up = room.fence !== null && room.fence.releasedAt === null;
  if (viewed !== 'verify') {
    return {
      title: up ? 'Next: deploy the older image.' : 'Done.',
      buttons: [{ kind: 'step', step: 'verify', label: 'Verify and deploy', look: 'primary' }],
    };
  }
  if (up) {
    const release = room.releases[0]?.name;
    if (room.fence && room.fence.reapplied.length > 0) return comeBack(room);
    const last = room.fence?.kind === 'watch' ? 'end the watch' : 'release the fence';
    return offer(
      room,
      'release_fence',
      `Next: deploy${release ? ` ${release}` : ''}, then ${last}.`,
    );
  }
  return {
    title: 'Done.',
    detail: 'Everything that happened is in the history.',
    buttons: [
      {
        kind: 'link',
        href: `/history?subject=${room.label}`,
        label: 'Open the history',
        look: 'default',
      },
    ],
  };
}

/** What the rollback was for has not held: ending its guard is not what comes next. */
function comeBack(room: RollbackRoom): Part {
  const part = offer(
    room,
    'release_fence',
    'Migrations were applied again.',
    'First stop what boots the newer release.',
  );
  return { ...part, buttons: part.buttons.map((one) => ({ ...one, look: 'default' })) };
}

function ended(room: RollbackRoom): Part {
  const back: DockButton = {
    kind: 'link',
    href: `/targets/${encodeURIComponent(room.target.name)}`,
    label: `Back to ${room.target.name}`,
    look: 'default',
  };
  const words = { rejected: 'was rejected', cancelled: 'was cancelled', expired: 'has expired' };
  const word = words[room.status as keyof typeof words];
  const fence = room.gates.actions.release_fence;
  if (fence.allowed) {
    return {
      title: `This rollback ${word}, and its ${room.fence?.kind === 'watch' ? 'watch goes on' : 'fence is still up'}.`,
      buttons: [back, button(room, 'release_fence')],
    };
  }
  return {
    title: `This rollback ${word}.`,
    detail: 'Create a new one from the target.',
    buttons: [{ ...back, look: 'primary' }],
  };
}
