import { type Actor, can, type Permission, whyNot } from './actor';
import type { ApprovalEvidence } from './evidence';
import type { GateState } from './gate-steps';
import type { Verdict } from './gates';
import type { Policy } from './policy';
import { KEEP_FORMER_DAYS, type RestoreStatus, type RestoreWay } from './restore';

export const RESTORE_ROOM_STEPS = [
  'choose',
  'restore',
  'verify',
  'approval',
  'swap',
  'clean_up',
] as const;
export type RestoreRoomStep = (typeof RESTORE_ROOM_STEPS)[number];

export const RESTORE_STEP_LABELS: Record<RestoreRoomStep, string> = {
  choose: 'Choose backup',
  restore: 'Restore',
  verify: 'Verify',
  approval: 'Approval',
  swap: 'Swap',
  clean_up: 'Clean up',
};

export const RESTORE_ACTIONS = [
  'start_restore',
  'take_safety_backup',
  'request_restore_approval',
  'decide_restore',
  'start_swap',
  'swap_back',
  'drop_former',
  'cancel_restore',
  'reconcile_restore',
  'release_restore_fence',
] as const;
export type RestoreAction = (typeof RESTORE_ACTIONS)[number];

const ACTION_PERMISSION: Record<RestoreAction, Permission> = {
  start_restore: 'restore.start',
  take_safety_backup: 'backup.take',
  request_restore_approval: 'approval.request',
  decide_restore: 'approval.decide',
  start_swap: 'restore.swap',
  swap_back: 'restore.swap',
  drop_former: 'restore.swap',
  cancel_restore: 'restore.start',
  reconcile_restore: 'restore.swap',
  release_restore_fence: 'fence.release',
};

/** The backup of the present state that a swap in place needs. */
export interface SafetyBackup {
  /** `B-0007`; null while there is none since the restore was created. */
  backup: string | null;
  snapshotAt: string | null;
  /** It is being taken. */
  taking: boolean;
  /** What is missing, as a sentence; null when a swap may rely on it. */
  problem: string | null;
}

/** What is known of one restore when the gates are asked. */
export interface RestoreGateInput {
  /** Database clock, epoch milliseconds. */
  now: number;
  status: RestoreStatus;
  way: RestoreWay;
  /** Null for the way beside, which overwrites nothing. */
  safety: SafetyBackup | null;
  policy: Pick<Policy, 'approvals' | 'approval_max_age_hours'>;
  digest: string | null;
  requesterId: string;
  backup: string;
  /** Why the backup can't be restored any more; null: nothing is known against it. */
  backupProblem: string | null;
  approvals: ApprovalEvidence[];
  /** Why the last attempt went wrong. */
  message: string | null;
  progress: { phase: string; done: number; total: number } | null;
  cancelRequested: boolean;
  /** Rows, tables and bytes of the restored database; null while there is none. */
  verified: { ok: boolean; message: string } | null;
  /** What goes on at the target and must not be torn apart: 'RB-0003 is running on this target.' */
  busy: string | null;
  /** Another restore has been swapped in since: the names are no longer this one's. */
  supersededBy: string | null;
  /** The former database, or what was swapped back out; in place, the ending of the schemas' names. */
  kept: {
    database: string;
    until: string;
    dropRequestedAt: string | null;
    dropError: string | null;
    droppedAt: string | null;
  } | null;
  fence: {
    releasedAt: string | null;
    releaseRequestedAt: string | null;
    releaseError: string | null;
  } | null;
}

export interface RestoreGate {
  step: RestoreRoomStep;
  state: GateState;
  /** A few words under the step's name. */
  summary: string;
  /** Why it stands where it stands, as a sentence. */
  reason?: string;
}

export interface RestoreGates {
  steps: RestoreGate[];
  actions: Record<RestoreAction, Verdict>;
  /** The step that needs somebody now. */
  current: RestoreRoomStep;
}

/** A pure function of what is known; the page, the action and the executor ask the same one. */
export function restoreGates(input: RestoreGateInput, actor: Actor): RestoreGates {
  const steps = RESTORE_ROOM_STEPS.map((step) => gateOf(step, input));
  const actions = {} as Record<RestoreAction, Verdict>;
  for (const action of RESTORE_ACTIONS) actions[action] = verdict(action, input, actor);
  const current = steps.find(({ state }) => state !== 'done') ?? steps.at(-1);
  return { steps, actions, current: current?.step ?? 'choose' };
}

/** Approvals that count for exactly this digest: one a person, young enough, not the requester's. */
export function validRestoreApprovals(input: RestoreGateInput): ApprovalEvidence[] {
  const oldest = input.now - input.policy.approval_max_age_hours * 3_600_000;
  const seen = new Set<string>();
  return input.approvals.filter((approval) => {
    const counts =
      approval.decision === 'approved' &&
      approval.voidedAt === null &&
      approval.digest === input.digest &&
      approval.by.id !== input.requesterId &&
      Date.parse(approval.at) >= oldest &&
      !seen.has(approval.by.id);
    if (counts) seen.add(approval.by.id);
    return counts;
  });
}

/** Undefined when as many reviewers as the policy asks for have agreed. */
export function missingApprovals(input: RestoreGateInput): string | undefined {
  const left = input.policy.approvals - validRestoreApprovals(input).length;
  if (left <= 0) return undefined;
  const reviewers = `${left} reviewer${left === 1 ? '' : 's'}`;
  if (input.status === 'awaiting_approval') return `Waiting for ${reviewers}.`;
  if (input.status === 'approved')
    return `The approval counts no more: it is older than ${input.policy.approval_max_age_hours} h, or what it was given for has changed. Ask for approval again.`;
  return `Needs the approval of ${reviewers}.`;
}

/** Restored, and the policy asks for no approval any more: it may have asked for one before. */
const waitsForNobody = ({ status, policy }: RestoreGateInput): boolean =>
  policy.approvals === 0 && (status === 'restored' || status === 'awaiting_approval');

const BEFORE_RESTORED: ReadonlySet<RestoreStatus> = new Set(['draft', 'restoring', 'failed']);
const OVER: ReadonlySet<RestoreStatus> = new Set(['rejected', 'cancelled']);
const SWAPPED: ReadonlySet<RestoreStatus> = new Set(['swapped', 'swapping_back', 'swapped_back']);
const HAD_APPROVAL: ReadonlySet<RestoreStatus> = new Set([
  'approved',
  'swapping',
  'unknown',
  ...SWAPPED,
]);

function gateOf(step: RestoreRoomStep, input: RestoreGateInput): RestoreGate {
  switch (step) {
    case 'choose':
      return { step, state: 'done', summary: input.backup };
    case 'restore':
      return { step, ...restoreGate(input) };
    case 'verify':
      return { step, ...verifyGate(input) };
    case 'approval':
      return { step, ...approvalGate(input) };
    case 'swap':
      return { step, ...swapGate(input) };
    case 'clean_up':
      return { step, ...cleanUpGate(input) };
  }
}

type Standing = Omit<RestoreGate, 'step'>;

function restoreGate({ status, way, progress, message, verified }: RestoreGateInput): Standing {
  if (status === 'draft') return { state: 'current', summary: 'Not started' };
  if (status === 'restoring') {
    const summary = progress ? `${progress.phase}${percent(progress)}` : 'Waiting for the executor';
    return { state: 'working', summary };
  }
  if (status === 'failed') {
    const reason = message ? { reason: message } : {};
    return { state: 'failed', summary: 'Not restored', ...reason };
  }
  if (verified)
    return {
      state: 'done',
      summary: way === 'in_place' ? 'Beside the present schemas' : 'Beside the present one',
    };
  return { state: 'todo', summary: 'Not done' };
}

/** What a swap moves. */
const movedBy = ({ way }: Pick<RestoreGateInput, 'way'>): string =>
  way === 'in_place' ? 'schemas' : 'database';

const percent = ({ done, total }: { done: number; total: number }): string =>
  total > 0 ? `, ${Math.floor((100 * Math.min(done, total)) / total)} %` : '';

function verifyGate({ status, verified }: RestoreGateInput): Standing {
  if (BEFORE_RESTORED.has(status) || !verified) return { state: 'todo', summary: 'Not verified' };
  return { state: 'done', summary: 'As the backup says', reason: verified.message };
}

function approvalGate(input: RestoreGateInput): Standing {
  if (BEFORE_RESTORED.has(input.status)) return { state: 'todo', summary: 'Not asked for' };
  if (input.status === 'rejected') return { state: 'failed', summary: 'Rejected' };
  if (input.policy.approvals === 0) return { state: 'done', summary: 'Not asked for by policy' };
  const missing = missingApprovals(input);
  if (input.status === 'awaiting_approval')
    return {
      state: 'current',
      summary: missing ?? 'Approved',
      ...(missing && { reason: missing }),
    };
  if (HAD_APPROVAL.has(input.status)) {
    if (input.status === 'approved' && missing)
      return { state: 'stale', summary: 'Approval lapsed', reason: missing };
    return { state: 'done', summary: 'Approved' };
  }
  if (input.status === 'cancelled') return { state: 'todo', summary: 'Not asked for' };
  return { state: 'current', summary: 'Not asked for' };
}

function swapGate(input: RestoreGateInput): Standing {
  const reason = input.message ? { reason: input.message } : {};
  switch (input.status) {
    case 'approved':
      return input.safety?.problem
        ? { state: 'current', summary: 'Needs a backup first', reason: input.safety.problem }
        : { state: 'current', summary: 'Ready to swap', ...reason };
    case 'swapping':
      return { state: 'working', summary: 'Swapping' };
    case 'unknown':
      return { state: 'failed', summary: 'Outcome unknown', ...reason };
    case 'swapped':
      return { state: 'done', summary: `Restored ${movedBy(input)} in place`, ...reason };
    case 'swapping_back':
      return { state: 'working', summary: 'Swapping back' };
    case 'swapped_back':
      return { state: 'done', summary: `Former ${movedBy(input)} in place` };
    default:
      return { state: 'todo', summary: 'Not swapped' };
  }
}

function cleanUpGate({ status, way, kept, now }: RestoreGateInput): Standing {
  if (!SWAPPED.has(status) || !kept)
    return { state: 'todo', summary: `Kept ${KEEP_FORMER_DAYS} days` };
  const name = way === 'in_place' ? `…_${kept.database}` : kept.database;
  if (kept.droppedAt) return { state: 'done', summary: `${name} is dropped` };
  if (kept.dropError) return { state: 'failed', summary: 'Not dropped', reason: kept.dropError };
  if (kept.dropRequestedAt) return { state: 'working', summary: 'Being dropped' };
  const left = Math.ceil((Date.parse(kept.until) - now) / 86_400_000);
  if (left > 0)
    return {
      state: 'current',
      summary: `${name}, kept ${left} more day${left === 1 ? '' : 's'}`,
    };
  return { state: 'current', summary: `${name} may be dropped` };
}

function verdict(action: RestoreAction, input: RestoreGateInput, actor: Actor): Verdict {
  const stateReason = stateVerdict(action, input, actor);
  const permission = ACTION_PERMISSION[action];
  if (!can(actor, permission)) {
    return {
      allowed: false,
      reason: whyNot(actor, permission) ?? 'Not allowed.',
      roleOnly: stateReason === undefined,
    };
  }
  return stateReason === undefined ? { allowed: true } : { allowed: false, reason: stateReason };
}

/** Undefined when the state of the restore allows the action. */
function stateVerdict(
  action: RestoreAction,
  input: RestoreGateInput,
  actor: Actor,
): string | undefined {
  const { status, way, kept } = input;
  if (OVER.has(status)) return 'This restore has ended. Create a new one.';
  switch (action) {
    case 'start_restore':
      if (status !== 'draft' && status !== 'failed')
        return status === 'restoring' ? 'The restore is going on.' : 'It is restored.';
      return input.backupProblem ?? undefined;
    case 'take_safety_backup':
      if (!input.safety) return 'A restore beside the present database needs no other backup.';
      if (SWAPPED.has(status) || status === 'swapping' || status === 'unknown')
        return 'The swap has started.';
      if (input.safety.taking) return `${input.safety.backup ?? 'It'} is being taken.`;
      return input.busy ?? undefined;
    case 'request_restore_approval':
      if (input.policy.approvals === 0) return 'This target needs no approval.';
      if (status === 'awaiting_approval') return 'Approval has been requested.';
      if (status === 'approved') return missingApprovals(input) ? undefined : 'It is approved.';
      return status === 'restored' ? undefined : 'Nothing is restored that could be approved.';
    case 'decide_restore':
      if (status !== 'awaiting_approval') return 'Approval has not been requested.';
      if (actor.kind === 'user' && actor.id === input.requesterId)
        return 'You asked for this restore, so somebody else decides.';
      if (
        actor.kind === 'user' &&
        validRestoreApprovals(input).some((approval) => approval.by.id === actor.id)
      )
        return 'You have approved already.';
      return undefined;
    case 'start_swap':
      if (status === 'swapping') return 'The swap is going on.';
      if (SWAPPED.has(status)) return 'The swap is over.';
      if (status === 'unknown')
        return 'The outcome of the last swap is unknown. Check again first.';
      if (status !== 'approved' && !waitsForNobody(input))
        return missingApprovals(input) ?? 'Nothing is restored yet.';
      return missingApprovals(input) ?? input.busy ?? input.safety?.problem ?? undefined;
    case 'swap_back':
      if (status === 'swapping_back') return 'The swap back is going on.';
      if (status === 'swapped_back')
        return way === 'in_place'
          ? 'The former schemas have their names again.'
          : 'The former database has its name again.';
      if (status !== 'swapped') return 'Nothing has been swapped.';
      if (!kept || kept.droppedAt)
        return `The former ${movedBy(input)} ${way === 'in_place' ? 'have' : 'has'} been dropped.`;
      if (kept.dropRequestedAt && !kept.dropError)
        return `The former ${movedBy(input)} ${way === 'in_place' ? 'are' : 'is'} being dropped.`;
      if (input.supersededBy)
        return `${input.supersededBy} was swapped in since. Swap that one back first.`;
      return input.busy ?? undefined;
    case 'drop_former':
      if (status !== 'swapped' && status !== 'swapped_back') return 'Nothing has been swapped.';
      if (!kept || kept.droppedAt) return 'It has been dropped.';
      if (kept.dropRequestedAt && !kept.dropError) return 'It is being dropped.';
      if (input.now < Date.parse(kept.until)) return `It is kept until ${kept.until.slice(0, 10)}.`;
      return undefined;
    case 'cancel_restore':
      if (status === 'restoring')
        return input.cancelRequested ? 'Cancel has been requested.' : undefined;
      if (SWAPPED.has(status) || status === 'swapping' || status === 'unknown')
        return 'The swap has started.';
      return undefined;
    case 'reconcile_restore':
      return status === 'unknown' ? undefined : 'The outcome is known.';
    case 'release_restore_fence':
      if (!input.fence || input.fence.releasedAt) return 'No fence is up.';
      if (status !== 'swapped') return 'The swap has not ended.';
      if (input.fence.releaseRequestedAt && !input.fence.releaseError)
        return 'The fence is being released.';
      return undefined;
  }
}
