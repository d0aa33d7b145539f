import type { IconName } from '@/components/ui/icon';
import type { Gate, RoomAction, RoomStep, Verdict } from '@/lib/core/gates';
import { isInside } from '@/lib/core/parts';
import type { RollbackRoom } from '@/lib/core/views';
import { movedAway } from './database-place';
import { dangersUnread, policyBlocks, scriptFailed } from './rehearsal-verdict';

export type DockLook = 'primary' | 'default' | 'danger-outline';

/**
 * Dangers are taken on beside their words, one by one, a blocker is ended beside its name and copies are
 * dropped beside their list: never from a bar at the foot.
 */
export type DockAction = Exclude<RoomAction, 'acknowledge' | 'terminate_blocker' | 'prune_rescue'>;

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
 */
export function planDock(room: RollbackRoom, actorId: string, viewed: RoomStep): DockPlan {
  const part = partFor(room, actorId, viewed);
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

function partFor(room: RollbackRoom, actorId: string, viewed: RoomStep): Part {
  switch (room.status) {
    case 'draft':
      return beforeApproval(room, viewed);
    case 'awaiting_approval':
      return awaiting(room, actorId, viewed);
    case 'approved':
      return readyToRun(room, viewed);
    case 'running':
      return viewed === 'run'
        ? whileRunning(room)
        : {
            title: 'The rollback is running.',
            buttons: [{ kind: 'step', step: 'run', label: 'Watch the run', look: 'primary' }],
          };
    case 'stopped':
      return afterStop(room);
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

function beforeApproval(room: RollbackRoom, viewed: RoomStep): Part {
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
  if (scriptFailed(room) || policyBlocks(room)) return mendScript(room);
  const dangers = dangersUnread(room);
  if (preview && !preview.open && preview.state !== 'working' && !dangers) {
    return offer(room, 'rehearse', 'Next: rehearse.', preview.reason);
  }
  if (backup && !backup.open && backup.state !== 'working') {
    const meanwhile = preview?.open
      ? backup.reason
      : dangers
        ? 'The dangers can be read meanwhile.'
        : 'It can be taken while the rehearsal runs.';
    return offer(room, 'take_backup', 'Next: take a backup.', meanwhile);
  }
  if (room.policy.approvals === 0) return readyToRun(room, viewed);
  if (dangers) return readDangers(room, 'request_approval', viewed);
  const asked = offer(room, 'request_approval', 'Next: ask for approval.');
  return actions.request_approval.allowed && room.backup?.snapshotAt
    ? { ...asked, detail: 'Rehearsal and backup are in order.' }
    : asked;
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

function mendScript(room: RollbackRoom): Part {
  const part = offer(
    room,
    'repin',
    'Next: mend the script.',
    'Then pin the plan again; it is rehearsed by itself.',
  );
  if (part.buttons.length === 0) return part;
  return { ...part, buttons: [button(room, 'rehearse', 'default'), ...part.buttons] };
}

function awaiting(room: RollbackRoom, actorId: string, viewed: RoomStep): Part {
  const { approve, take_backup: backup } = room.gates.actions;
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
  const gate = gateOf(room, 'backup');
  if (gate && !gate.open && backup.allowed) {
    return offer(room, 'take_backup', 'Waiting for a reviewer.', gate.reason);
  }
  return offer(room, 'start_run', 'Waiting for a reviewer.', 'This page follows by itself.');
}

function readyToRun(room: RollbackRoom, viewed: RoomStep): Part {
  const { actions } = room.gates;
  if (dangersUnread(room)) return readDangers(room, 'start_run', viewed);
  if (!actions.start_run.allowed && !lacksRole(actions.start_run)) {
    const mend = (['preview', 'backup'] as const).find((step) => {
      const gate = gateOf(room, step);
      return gate && !gate.open && gate.state !== 'working';
    });
    if (mend === 'preview' && actions.rehearse.allowed) {
      return offer(room, 'rehearse', 'Next: rehearse again.', gateOf(room, 'preview')?.reason);
    }
    if (mend === 'backup' && actions.take_backup.allowed) {
      return offer(
        room,
        'take_backup',
        'Next: take a fresh backup.',
        gateOf(room, 'backup')?.reason,
      );
    }
  }
  return offer(room, 'start_run', 'Next: run it.', 'You are asked once more before anything runs.');
}

function whileRunning(room: RollbackRoom): Part {
  const buttons = (['stop_run', 'cancel_run'] as const)
    .filter((action) => !lacksRole(room.gates.actions[action]))
    .map((action) => button(room, action, action === 'cancel_run' ? 'danger-outline' : 'default'));
  return { title: '', buttons };
}

function afterStop(room: RollbackRoom): Part {
  const { resume_run: resume, take_backup: backup } = room.gates.actions;
  const gate = gateOf(room, 'backup');
  const moved = movedAway(room) !== null;
  if (!moved && !resume.allowed && !lacksRole(resume) && gate && !gate.open && backup.allowed) {
    return {
      title: 'Next: take a fresh backup.',
      detail: gate.reason,
      buttons: [button(room, 'resume_run', 'default'), button(room, 'take_backup')],
    };
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
