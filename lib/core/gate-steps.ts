import { unacknowledged } from './dangers';
import {
  approvalGate,
  backupGate,
  before,
  dangersGate,
  fenceIsUp,
  type GateInput,
  MINUTE,
  onlyUnreadable,
  pastGates,
  planGate,
  proofsBlock,
  rehearsalGate,
  validApprovals,
} from './gate-rules';

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

/** Each step of the room with what it says of itself. */
export function gateSteps(input: GateInput): Gate[] {
  return [
    planStep(input),
    previewStep(input),
    backupStep(input),
    approvalStep(input),
    runStep(input),
    verifyStep(input),
  ];
}

/** The step that needs somebody now. */
export function currentStep(steps: Gate[], input: GateInput): RoomStep {
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
  const watched = input.fence?.kind === 'watch';
  const standing = watched ? 'Watched' : 'Fence is up';
  const over = watched ? 'Watch ended' : 'Fence released';
  const ended = input.status === 'cancelled' && input.fence !== null;
  if (input.status !== 'succeeded' && !ended)
    return {
      step: 'verify',
      state: 'todo',
      summary: up ? standing : 'Not started',
      open: false,
    };
  return {
    step: 'verify',
    state: up ? 'current' : 'done',
    summary: up ? standing : input.fence ? over : 'No fence',
    open: !up,
  };
}

function shortDuration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
