import { type Actor, can, type Permission, whyNot } from './actor';
import { type Danger, unacknowledged } from './dangers';
import type {
  Acknowledgement,
  ApprovalEvidence,
  BackupEvidence,
  FenceEvidence,
  PlanCheck,
  RehearsalEvidence,
  RunEvidence,
} from './evidence';
import type { Policy } from './policy';
import { GRADE_LABELS, verdictOf } from './proof';
import type { Outcome, RollbackStatus } from './rollback';

export const ROOM_STEPS = ['plan', 'preview', 'backup', 'approval', 'run', 'verify'] as const;
export type RoomStep = (typeof ROOM_STEPS)[number];

export const ROOM_STEP_LABELS: Record<RoomStep, string> = {
  plan: 'Plan',
  preview: 'Preview',
  backup: 'Backup',
  approval: 'Approval',
  run: 'Run',
  verify: 'Verify & deploy',
};

export const ROOM_ACTIONS = [
  'rehearse',
  'repin',
  'acknowledge',
  'take_backup',
  'request_approval',
  'approve',
  'reject',
  'start_run',
  'stop_run',
  'cancel_run',
  'resume_run',
  'reconcile_run',
  'release_fence',
  'cancel_rollback',
] as const;
export type RoomAction = (typeof ROOM_ACTIONS)[number];

const ACTION_PERMISSION: Record<RoomAction, Permission> = {
  rehearse: 'rollback.rehearse',
  repin: 'rollback.repin',
  acknowledge: 'approval.request',
  take_backup: 'backup.take',
  request_approval: 'approval.request',
  approve: 'approval.decide',
  reject: 'approval.decide',
  start_run: 'run.start',
  stop_run: 'run.stop',
  cancel_run: 'run.stop',
  resume_run: 'run.start',
  reconcile_run: 'run.start',
  release_fence: 'fence.release',
  cancel_rollback: 'rollback.cancel',
};

export interface GateInput {
  /** Database clock, epoch milliseconds. */
  now: number;
  status: RollbackStatus;
  outcome: Outcome | null;
  policy: Policy;
  digest: string;
  requesterId: string;
  planCheck: PlanCheck | null;
  rehearsal: RehearsalEvidence | null;
  /** Everything dangerous about the plan, see `dangersOf`. */
  dangers: Danger[];
  acknowledgements: Acknowledgement[];
  backup: BackupEvidence | null;
  approvals: ApprovalEvidence[];
  approvalRequestedAt: string | null;
  run: RunEvidence | null;
  stepsDone: number;
  stepsTotal: number;
  fence: FenceEvidence | null;
  /** Label of another rollback that is running on the same target. */
  otherRunning: string | null;
}

export interface Verdict {
  allowed: boolean;
  /** Why not, as a sentence. */
  reason?: string;
  /** The role alone is in the way: the page may leave the button out. */
  roleOnly?: boolean;
}

export type GateState = 'done' | 'current' | 'todo' | 'working' | 'failed' | 'stale';

export interface Gate {
  step: RoomStep;
  state: GateState;
  /** A few words under the step's name. */
  summary: string;
  /** Open = the run may pass it. */
  open: boolean;
  /** Why it is closed and what opens it. */
  reason?: string;
}

export interface Gates {
  steps: Gate[];
  actions: Record<RoomAction, Verdict>;
  /** The step that needs somebody now. */
  current: RoomStep;
}

const MINUTE = 60_000;

export function rehearsalGate(input: GateInput): { open: boolean; reason?: string } {
  const { rehearsal, policy } = input;
  if (!rehearsal || rehearsal.digest !== input.digest)
    return { open: false, reason: 'The plan has not been rehearsed yet.' };
  switch (rehearsal.state) {
    case 'queued':
    case 'running':
      return { open: false, reason: 'The rehearsal is still running.' };
    case 'interrupted':
      return { open: false, reason: 'The rehearsal was interrupted. Rehearse again.' };
    case 'failed':
      return {
        open: false,
        reason: 'The rehearsal failed. Mend the script, then pin the plan again.',
      };
    case 'passed': {
      const blocked = proofsBlock(input);
      if (blocked) return { open: false, reason: blocked };
      if (policy.drift === 'block' && (rehearsal.result?.drift.length ?? 0) > 0)
        return {
          open: false,
          reason:
            'The live schema has drifted from the files, and the policy of this target blocks that.',
        };
      return { open: true };
    }
  }
}

/** What a rehearsal's proofs say under the policy: the first script that it lets nobody run. */
function proofsBlock(input: GateInput): string | undefined {
  const proofs = input.rehearsal?.result?.proofs ?? [];
  const blocked = proofs.find(({ proof }) => verdictOf(proof, input.policy) === 'block');
  if (!blocked) return undefined;
  const { grade, losesData } = blocked.proof;
  const byRows = losesData !== null && input.policy.loses_data[losesData] === 'block';
  const what =
    byRows && input.policy.grades[grade] !== 'block'
      ? 'loses or changes data'
      : `is graded “${GRADE_LABELS[grade]}”`;
  return `The script of ${blocked.tag} ${what}, and the policy of this target blocks that. Mend the script, then pin the plan again.`;
}

/** Dangers are taken on one by one, by a person, for exactly this digest. */
export function dangersGate(input: GateInput): { open: boolean; reason?: string } {
  const left = unacknowledged(input.dangers, input.acknowledgements, input.digest).length;
  if (left === 0) return { open: true };
  return {
    open: false,
    reason:
      left === 1
        ? 'One danger has not been acknowledged. Read it in the preview and tick it.'
        : `${left} dangers have not been acknowledged. Read them in the preview and tick each.`,
  };
}

export function backupGate(input: GateInput): { open: boolean; reason?: string } {
  const { backup, policy, now } = input;
  if (!backup) return { open: false, reason: 'No backup has been taken yet.' };
  switch (backup.state) {
    case 'queued':
    case 'running':
      return { open: false, reason: 'The backup is still being taken.' };
    case 'interrupted':
      return { open: false, reason: 'The backup was interrupted. Take another.' };
    case 'failed':
      return { open: false, reason: 'The backup is not confirmed. Take another.' };
    case 'passed': {
      const age = backup.snapshotAt
        ? now - Date.parse(backup.snapshotAt)
        : Number.POSITIVE_INFINITY;
      if (age > policy.backup_max_age_minutes * MINUTE)
        return {
          open: false,
          reason: `${backup.label} is older than ${policy.backup_max_age_minutes} min. Take another.`,
        };
      // After the first step the schema is another one anyhow; preflight knows which ones count then.
      if (backup.ofAnotherSchema && input.stepsDone === 0)
        return {
          open: false,
          reason: `${backup.label} was taken of another schema than the plan’s: something migrated in between. Take another.`,
        };
      return { open: true };
    }
  }
}

function validApprovals(input: GateInput): ApprovalEvidence[] {
  const oldest = input.now - input.policy.approval_max_age_hours * 60 * MINUTE;
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

export function approvalGate(input: GateInput): { open: boolean; reason?: string } {
  const needed = input.policy.approvals;
  if (needed === 0) return { open: true };
  const given = validApprovals(input).length;
  if (given >= needed) return { open: true };
  const left = needed - given;
  const reviewers = `${left} reviewer${left === 1 ? '' : 's'}`;
  if (input.status === 'awaiting_approval')
    return { open: false, reason: `Waiting for ${reviewers}.` };
  // Only a draft can ask again, so whoever let an approval grow old starts over.
  if (
    ['approved', 'stopped'].includes(input.status) &&
    validApprovals({ ...input, now: 0 }).length >= needed
  )
    return {
      open: false,
      reason: `The approval is older than ${input.policy.approval_max_age_hours} h. Cancel this rollback and create a new one.`,
    };
  return { open: false, reason: `Needs the approval of ${reviewers}.` };
}

export function planGate(input: GateInput): { open: boolean; reason?: string } {
  const [first] = input.planCheck?.changes ?? [];
  if (!first) return { open: true };
  if (onlyUnreadable(input)) return { open: false, reason: first.message };
  const real = input.planCheck?.changes.find((change) => change.kind !== 'unreadable') ?? first;
  return { open: false, reason: `The plan no longer matches: ${real.message}` };
}

/** The comparison could not be made; nothing says that something changed. */
function onlyUnreadable(input: GateInput): boolean {
  const changes = input.planCheck?.changes ?? [];
  return changes.length > 0 && changes.every((change) => change.kind === 'unreadable');
}

function before(input: GateInput): boolean {
  return ['draft', 'awaiting_approval', 'approved'].includes(input.status);
}

/** A run is going on or over, and nothing is left to start: evidence is shown, not demanded. */
function pastGates(input: GateInput): boolean {
  return (
    ['running', 'succeeded', 'unknown'].includes(input.status) ||
    (input.status === 'cancelled' && input.run !== null)
  );
}

function fenceIsUp(input: GateInput): boolean {
  return input.fence !== null && input.fence.releasedAt === null;
}

/** A pure function of what is known; the page, the action and the executor ask the same one. */
export function gates(input: GateInput, actor: Actor): Gates {
  const steps: Gate[] = [
    planStep(input),
    previewStep(input),
    backupStep(input),
    approvalStep(input),
    runStep(input),
    verifyStep(input),
  ];
  const actions = {} as Record<RoomAction, Verdict>;
  for (const action of ROOM_ACTIONS) actions[action] = verdict(action, input, actor);
  return { steps, actions, current: currentStep(steps, input) };
}

function currentStep(steps: Gate[], input: GateInput): RoomStep {
  switch (input.status) {
    case 'succeeded':
      return 'verify';
    case 'running':
    case 'unknown':
    case 'stopped':
      return 'run';
    case 'awaiting_approval':
      return 'approval';
    case 'rejected':
    case 'expired':
      return 'approval';
    case 'cancelled':
      if (fenceIsUp(input)) return 'verify';
      if (input.run) return 'run';
      return steps.find((step) => !step.open)?.step ?? 'run';
    default:
      return steps.find((step) => !step.open)?.step ?? 'run';
  }
}

function planStep(input: GateInput): Gate {
  const count = `${input.stepsTotal} migration${input.stepsTotal === 1 ? '' : 's'}`;
  const gate = before(input) || input.status === 'stopped' ? planGate(input) : { open: true };
  if (gate.open) return { step: 'plan', state: 'done', summary: count, ...gate };
  const unread = onlyUnreadable(input);
  return {
    step: 'plan',
    state: unread ? 'failed' : 'stale',
    summary: unread ? 'Could not be checked' : 'No longer matches',
    ...gate,
  };
}

function previewStep(input: GateInput): Gate {
  const gate = rehearsalGate(input);
  const { rehearsal } = input;
  if (gate.open) {
    const ms = rehearsal?.result?.steps.reduce((sum, step) => sum + step.durationMs, 0) ?? 0;
    const read = before(input) ? dangersGate(input) : { open: true };
    if (!read.open) {
      const left = unacknowledged(input.dangers, input.acknowledgements, input.digest).length;
      return {
        step: 'preview',
        state: 'current',
        summary: `${left} ${left === 1 ? 'danger' : 'dangers'} to acknowledge`,
        ...read,
      };
    }
    return { step: 'preview', state: 'done', summary: `Rehearsed, ${shortDuration(ms)}`, ...gate };
  }
  const current = rehearsal && rehearsal.digest === input.digest ? rehearsal : null;
  if (current?.state === 'queued' || current?.state === 'running')
    return { step: 'preview', state: 'working', summary: 'Rehearsing', ...gate };
  if (current?.state === 'failed' || current?.state === 'interrupted')
    return {
      step: 'preview',
      state: 'failed',
      summary: current.state === 'failed' ? 'Rehearsal failed' : 'Interrupted',
      ...gate,
    };
  if (current?.state === 'passed')
    return {
      step: 'preview',
      state: 'failed',
      summary: proofsBlock(input) ? 'Blocked by policy' : 'Schema drift',
      ...gate,
    };
  return { step: 'preview', state: 'current', summary: 'Not rehearsed', ...gate };
}

function backupStep(input: GateInput): Gate {
  const gate =
    pastGates(input) && input.backup?.state === 'passed' ? { open: true } : backupGate(input);
  const { backup } = input;
  if (gate.open && backup) {
    if (pastGates(input))
      return { step: 'backup', state: 'done', summary: `${backup.label}, confirmed`, ...gate };
    const left = Math.max(
      0,
      Math.floor(
        (Date.parse(backup.snapshotAt ?? '') +
          input.policy.backup_max_age_minutes * MINUTE -
          input.now) /
          MINUTE,
      ),
    );
    return { step: 'backup', state: 'done', summary: `${backup.label}, ${left} min left`, ...gate };
  }
  if (backup?.state === 'queued' || backup?.state === 'running')
    return { step: 'backup', state: 'working', summary: 'Being taken', ...gate };
  if (backup?.state === 'failed' || backup?.state === 'interrupted')
    return { step: 'backup', state: 'failed', summary: `${backup.label}, not confirmed`, ...gate };
  if (backup)
    return { step: 'backup', state: 'stale', summary: `${backup.label}, too old`, ...gate };
  return { step: 'backup', state: 'current', summary: 'Not taken', ...gate };
}

function approvalStep(input: GateInput): Gate {
  const gate = pastGates(input) ? { open: true } : approvalGate(input);
  if (input.policy.approvals === 0)
    return { step: 'approval', state: 'done', summary: 'Not needed by policy', open: true };
  if (input.status === 'rejected')
    return {
      step: 'approval',
      state: 'failed',
      summary: 'Rejected',
      open: false,
      reason: 'A reviewer rejected this rollback.',
    };
  if (gate.open) {
    const by = validApprovals({ ...input, now: 0 }).at(-1)?.by.name;
    return { step: 'approval', state: 'done', summary: by ? `By ${by}` : 'Approved', ...gate };
  }
  if (input.status === 'awaiting_approval')
    return { step: 'approval', state: 'working', summary: 'Waiting for a reviewer', ...gate };
  if (input.status === 'expired')
    return {
      step: 'approval',
      state: 'failed',
      summary: 'Expired',
      open: false,
      reason: 'Nobody decided in time, or the run came too late.',
    };
  if (['approved', 'stopped'].includes(input.status))
    return { step: 'approval', state: 'stale', summary: 'No longer valid', ...gate };
  return {
    step: 'approval',
    state: 'current',
    summary: `Needs ${input.policy.approvals} reviewer${input.policy.approvals === 1 ? '' : 's'}`,
    ...gate,
  };
}

function runStep(input: GateInput): Gate {
  const progress = `${input.stepsDone} of ${input.stepsTotal} undone`;
  switch (input.status) {
    case 'running':
      return { step: 'run', state: 'working', summary: progress, open: false };
    case 'succeeded':
      return { step: 'run', state: 'done', summary: progress, open: true };
    case 'stopped':
      return { step: 'run', state: 'failed', summary: `Stopped, ${progress}`, open: false };
    case 'unknown':
      return { step: 'run', state: 'failed', summary: 'Outcome unknown', open: false };
    case 'cancelled':
      if (input.run)
        return { step: 'run', state: 'failed', summary: `Given up, ${progress}`, open: false };
      return { step: 'run', state: 'todo', summary: 'Not started', open: false };
    default:
      return { step: 'run', state: 'todo', summary: 'Not started', open: false };
  }
}

function verifyStep(input: GateInput): Gate {
  const up = fenceIsUp(input);
  const ended = input.status === 'cancelled' && input.fence !== null;
  if (input.status !== 'succeeded' && !ended)
    return {
      step: 'verify',
      state: 'todo',
      summary: up ? 'Fence is up' : 'Not started',
      open: false,
    };
  return {
    step: 'verify',
    state: up ? 'current' : 'done',
    summary: up ? 'Fence is up' : input.fence ? 'Fence released' : 'No fence by policy',
    open: !up,
  };
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

const busy = (state: string | undefined): boolean => state === 'queued' || state === 'running';

/** Undefined when the state of the rollback allows the action. */
function stateVerdict(action: RoomAction, input: GateInput, actor: Actor): string | undefined {
  const { status } = input;
  const ended = ['rejected', 'cancelled', 'expired'].includes(status);
  // A run that was given up half-way leaves its fence, and somebody has to take it down.
  if (ended && !(action === 'release_fence' && fenceIsUp(input)))
    return 'This rollback has ended. Create a new one.';
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
      if (status === 'running') return 'The run is going on.';
      if (status === 'succeeded') return 'The run is over.';
      if (busy(input.backup?.state)) return 'A backup is being taken.';
      return undefined;
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
      if (status === 'running') return 'The run has started.';
      if (status === 'succeeded') return 'The run is over.';
      if (status === 'stopped' || status === 'unknown')
        return 'The run has stopped; resume it instead.';
      if (input.otherRunning) return `${input.otherRunning} is running on this target.`;
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
      if (status !== 'stopped') return 'Only a stopped run can be resumed.';
      if (input.stepsDone >= input.stepsTotal) return 'Every step is done.';
      if (input.otherRunning) return `${input.otherRunning} is running on this target.`;
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
      if (!input.fence || input.fence.releasedAt) return 'No fence is up.';
      if (status === 'running') return 'The run is going on.';
      if (status === 'unknown') return 'The outcome is unknown. Check again first.';
      if (input.fence.releaseRequestedAt && !input.fence.releaseError)
        return 'The fence is being released.';
      return undefined;
    case 'cancel_rollback':
      if (before(input) || status === 'stopped') return undefined;
      return status === 'succeeded' ? 'The run is over.' : 'The run has started.';
  }
}

function firstClosed(...list: { open: boolean; reason?: string }[]): string | undefined {
  const closed = list.find((gate) => !gate.open);
  return closed ? (closed.reason ?? 'A gate is closed.') : undefined;
}

function shortDuration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
