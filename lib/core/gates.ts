import { type Actor, can, type Permission, whyNot } from './actor';
import {
  attestMethodProblem,
  backupGate,
  cancelBackupProblem,
  confirmBackupProblem,
  takeMethodProblem,
  testRestoreProblem,
} from './backup-gate';
import {
  approvalGate,
  before,
  dangersGate,
  fenceIsUp,
  type GateInput,
  onlyUnreadable,
  planGate,
  rehearsalGate,
  validApprovals,
} from './gate-rules';
import { currentStep, type Gate, gateSteps, type RoomStep } from './gate-steps';

export { backupGate } from './backup-gate';
export {
  approvalGate,
  dangersGate,
  type GateInput,
  rehearsalGate,
} from './gate-rules';
export {
  type Gate,
  type GateState,
  ROOM_STEP_LABELS,
  ROOM_STEPS,
  type RoomStep,
} from './gate-steps';

export const ROOM_ACTIONS = [
  'rehearse',
  'repin',
  'acknowledge',
  'take_backup',
  'attest_backup',
  'confirm_backup',
  'cancel_backup',
  'test_restore',
  'request_approval',
  'approve',
  'reject',
  'start_run',
  'stop_run',
  'cancel_run',
  'resume_run',
  'reconcile_run',
  'release_fence',
  'terminate_blocker',
  'prune_rescue',
  'cancel_rollback',
] as const;
export type RoomAction = (typeof ROOM_ACTIONS)[number];

const ACTION_PERMISSION: Record<RoomAction, Permission> = {
  rehearse: 'rollback.rehearse',
  repin: 'rollback.repin',
  acknowledge: 'approval.request',
  take_backup: 'backup.take',
  attest_backup: 'backup.take',
  confirm_backup: 'backup.confirm',
  cancel_backup: 'backup.take',
  test_restore: 'backup.test',
  request_approval: 'approval.request',
  approve: 'approval.decide',
  reject: 'approval.decide',
  start_run: 'run.start',
  stop_run: 'run.stop',
  cancel_run: 'run.stop',
  resume_run: 'run.start',
  reconcile_run: 'run.start',
  release_fence: 'fence.release',
  terminate_blocker: 'run.terminate_blocker',
  prune_rescue: 'rescue.prune',
  cancel_rollback: 'rollback.cancel',
};

export interface Verdict {
  allowed: boolean;
  /** Why not, as a sentence. */
  reason?: string;
  /** The role alone is in the way: the page may leave the button out. */
  roleOnly?: boolean;
}

export interface Gates {
  steps: Gate[];
  actions: Record<RoomAction, Verdict>;
  /** The step that needs somebody now. */
  current: RoomStep;
}

/** A pure function of what is known; the page, the action and the executor ask the same one. */
export function gates(input: GateInput, actor: Actor): Gates {
  const steps = gateSteps(input);
  const actions = {} as Record<RoomAction, Verdict>;
  for (const action of ROOM_ACTIONS) actions[action] = verdict(action, input, actor);
  return { steps, actions, current: currentStep(steps, input) };
}

/** Everything that must be true for a run to start; the reasons of the gates that are closed. */
export function runBlockers(input: GateInput): string[] {
  return [
    planGate(input),
    rehearsalGate(input),
    dangersGate(input),
    backupGate(input),
    approvalGate(input),
  ]
    .filter((gate) => !gate.open)
    .map((gate) => gate.reason ?? 'A gate is closed.');
}

function verdict(action: RoomAction, input: GateInput, actor: Actor): Verdict {
  const stateReason = stateVerdict(action, input, actor);
  if (!can(actor, ACTION_PERMISSION[action])) {
    return {
      allowed: false,
      reason: whyNot(actor, ACTION_PERMISSION[action]) ?? 'Not allowed.',
      roleOnly: stateReason === undefined,
    };
  }
  return stateReason === undefined ? { allowed: true } : { allowed: false, reason: stateReason };
}

const isReleasing = ({ fence }: GateInput): boolean =>
  fence !== null && !fence.releasedAt && fence.releaseRequestedAt !== null && !fence.releaseError;

const busy = (state: string | undefined): boolean => state === 'queued' || state === 'running';

const OUTCOME_OPEN = 'The outcome is unknown. Check again first.';

/** Undefined when the state of the rollback allows the action. */
function stateVerdict(action: RoomAction, input: GateInput, actor: Actor): string | undefined {
  const { status } = input;
  const ended = ['rejected', 'cancelled', 'expired'].includes(status);
  // A run that was given up half-way leaves its fence and its copies, and somebody has to take them down.
  const cleansUp =
    (action === 'release_fence' && fenceIsUp(input)) ||
    action === 'prune_rescue' ||
    (action === 'cancel_backup' && busy(input.backup?.state));
  if (ended && !cleansUp) return 'This rollback has ended. Create a new one.';
  switch (action) {
    case 'rehearse':
      if (!before(input)) return 'The run has started.';
      if (busy(input.rehearsal?.state) && input.rehearsal?.digest === input.digest)
        return 'A rehearsal is running.';
      return undefined;
    case 'repin':
      if (status !== 'draft') return 'Only a draft can be pinned again.';
      return undefined;
    case 'acknowledge':
      if (!before(input)) return 'The run has started.';
      if (input.rehearsal?.digest !== input.digest || input.rehearsal.state !== 'passed')
        return 'The plan has not been rehearsed yet.';
      return undefined;
    case 'take_backup':
    case 'attest_backup':
      if (status === 'running') return 'The run is going on.';
      if (status === 'succeeded') return 'The run is over.';
      if (busy(input.backup?.state)) return 'A backup is being taken.';
      return action === 'take_backup'
        ? takeMethodProblem(input.policy.backup)
        : attestMethodProblem(input.policy.backup);
    case 'confirm_backup':
      if (status === 'running') return 'The run is going on.';
      if (status === 'succeeded') return 'The run is over.';
      return confirmBackupProblem(input.backup, input.policy.backup, actor);
    case 'cancel_backup':
      return cancelBackupProblem(input.backup);
    case 'test_restore':
      if (status === 'running') return 'The run is going on.';
      if (status === 'succeeded') return 'The run is over.';
      return testRestoreProblem(input.backup);
    case 'request_approval': {
      if (input.policy.approvals === 0) return 'This target needs no approval.';
      if (status === 'awaiting_approval') return 'Approval has been requested.';
      if (status !== 'draft') return 'Approval is only asked for a draft.';
      return firstClosed(
        planGate(input),
        rehearsalGate(input),
        dangersGate(input),
        backupGate(input),
      );
    }
    case 'approve':
    case 'reject':
      if (status !== 'awaiting_approval') return 'Approval has not been requested.';
      if (actor.kind === 'user' && actor.id === input.requesterId)
        return 'You asked for this rollback, so somebody else decides.';
      if (
        actor.kind === 'user' &&
        validApprovals(input).some((approval) => approval.by.id === actor.id)
      )
        return 'You have approved already.';
      if (action === 'reject') return undefined;
      return firstClosed(planGate(input), rehearsalGate(input), dangersGate(input));
    case 'start_run':
      if (status === 'running') return goesOn(input);
      if (status === 'succeeded') return 'The run is over.';
      if (status === 'unknown') return OUTCOME_OPEN;
      if (status === 'stopped') return 'The run has stopped; resume it instead.';
      if (input.otherRunning) return otherGoesOn(input);
      return (
        runBlockers(input)[0] ??
        (status === 'approved' || (status === 'draft' && input.policy.approvals === 0)
          ? undefined
          : 'Needs an approval first.')
      );
    case 'stop_run':
    case 'cancel_run':
      if (status !== 'running') return 'Nothing is running.';
      if (action === 'stop_run' && input.run?.stopRequestedBy) return 'Stop has been requested.';
      if (input.run?.cancelRequestedBy) return 'Cancel has been requested.';
      return undefined;
    case 'resume_run':
      if (status === 'running') return goesOn(input);
      if (status === 'unknown') return OUTCOME_OPEN;
      if (status !== 'stopped') return 'Only a stopped run can be resumed.';
      if (input.stepsDone >= input.stepsTotal) return 'Every step is done.';
      if (input.otherRunning) return otherGoesOn(input);
      // What takes the fence down must not come after the run that puts it up again.
      if (isReleasing(input)) return 'The fence is being released. Resume when it is down.';
      if (!planGate(input).open && !onlyUnreadable(input))
        return `${planGate(input).reason} Cancel this rollback and plan the rest anew.`;
      // The policy has become stricter since; what it asks for can only be given before a run.
      if (!rehearsalGate(input).open || !dangersGate(input).open)
        return 'The policy of this target has become stricter since the approval. Cancel this rollback and plan the rest anew.';
      return firstClosed(planGate(input), approvalGate(input), backupGate(input));
    case 'reconcile_run':
      if (status !== 'unknown') return 'The outcome is known.';
      return undefined;
    case 'release_fence':
      if (status === 'running') return 'The run is going on.';
      // The fence comes with the first step: whether it is up is what nobody knows.
      if (status === 'unknown') return OUTCOME_OPEN;
      if (!input.fence || input.fence.releasedAt) return 'No fence is up.';
      if (isReleasing(input)) return 'The fence is being released.';
      return undefined;
    case 'terminate_blocker':
      return status === 'running' ? undefined : 'Nothing is running.';
    case 'prune_rescue': {
      if (status === 'running') return 'The run is going on.';
      if (status === 'unknown') return OUTCOME_OPEN;
      const kept = input.rescues.filter(({ prunedAt }) => prunedAt === null);
      if (kept.length === 0) return 'There is no rescue copy.';
      if (kept.every((copy) => copy.pruneRequestedAt && !copy.pruneError))
        return 'The rescue copies are being dropped.';
      return undefined;
    }
    case 'cancel_rollback':
      if (before(input) || status === 'stopped') return undefined;
      if (status === 'running') return goesOn(input);
      if (status === 'unknown') return OUTCOME_OPEN;
      return status === 'succeeded' ? 'The run is over.' : 'The run has started.';
  }
}

/** Whoever comes second hears who was first, and since when: the two may have to talk. */
function goesOn({ run }: GateInput): string {
  if (!run) return 'The run has started.';
  const pressed = run.number > 1 ? 'resumed' : 'started';
  return `The run goes on: ${run.requestedBy.name} ${pressed} it at ${utcClock(run.requestedAt)}.`;
}

function otherGoesOn({ otherRunning, otherRun }: GateInput): string {
  if (!otherRun) return `${otherRunning} is running on this target.`;
  if (otherRun.unknown)
    return `The outcome of ${otherRunning} on this target is unknown. Settle that one first.`;
  return `${otherRunning} is running on this target: ${otherRun.by} started it at ${utcClock(otherRun.at)}.`;
}

/** `07:26:32 UTC`, without the day: what goes on has begun lately. */
const utcClock = (at: string): string => `${new Date(at).toISOString().slice(11, 19)} UTC`;

function firstClosed(...list: { open: boolean; reason?: string }[]): string | undefined {
  const closed = list.find((gate) => !gate.open);
  return closed ? (closed.reason ?? 'A gate is closed.') : undefined;
}
