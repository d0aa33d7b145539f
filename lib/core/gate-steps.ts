import { reachesLevel } from './backup';
import { backupGate } from './backup-gate';
import { unacknowledged } from './dangers';
import type { BackupEvidence } from './evidence';
import {
  approvalGate,
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
    const known = knownOf(backup, input.digest);
    return {
      step: 'backup',
      state: 'done',
      summary: `${backup.label}, ${known}${left} min left`,
      ...gate,
    };
  }
  if (backup?.state === 'queued' || backup?.state === 'running')
    return { step: 'backup', state: 'working', summary: 'Being taken', ...gate };
  if (backup?.state === 'failed' || backup?.state === 'interrupted')
    return { step: 'backup', state: 'failed', summary: `${backup.label}, not confirmed`, ...gate };
  if (backup) return { step: 'backup', ...unprovenBackup(input, backup), ...gate };
  return { step: 'backup', state: 'current', summary: 'Not taken', ...gate };
}

/** What stands behind a backup that counts, before the minutes that it has left. */
function knownOf({ testRestore }: BackupEvidence, digest: string): string {
  if (testRestore?.state !== 'passed' || !testRestore.check?.ok) return '';
  const { rehearsal } = testRestore;
  return rehearsal?.ok && rehearsal.digest === digest ? 'restored and rehearsed, ' : 'restored, ';
}

/** A confirmed backup on which no run may rely: what is the matter, in a few words. */
function unprovenBackup(input: GateInput, backup: BackupEvidence): Pick<Gate, 'state' | 'summary'> {
  const { policy, digest, now } = input;
  const { label, testRestore: test } = backup;
  if (backup.prunedAt) return { state: 'stale', summary: `${label}, pruned` };
  const age = now - Date.parse(backup.snapshotAt ?? '');
  // Without a time of its snapshot nobody knows its age.
  if (!(age <= policy.backup_max_age_minutes * MINUTE))
    return { state: 'stale', summary: `${label}, too old` };
  if (backup.ofAnotherSchema && input.stepsDone === 0)
    return { state: 'stale', summary: `${label}, of another schema` };
  if (!policy.backup.methods.includes(backup.method))
    return { state: 'stale', summary: `${label}, not by policy` };
  const unconfirmed = policy.backup.second_person && !backup.attestation?.confirmedBy;
  if (backup.method === 'attested' && unconfirmed)
    return { state: 'working', summary: `${label}, to be confirmed` };
  if (test?.state === 'queued' || test?.state === 'running')
    return { state: 'working', summary: `${label}, being restored to test it` };
  if (test?.check && !test.check.ok) return { state: 'failed', summary: `${label}, not whole` };
  if (test?.rehearsal && test.rehearsal.digest === digest && !test.rehearsal.ok)
    return { state: 'failed', summary: `${label}, the plan fails on it` };
  if (test?.state === 'failed' || test?.state === 'interrupted')
    return { state: 'failed', summary: `${label}, not restored` };
  if (!reachesLevel(backup.level, 'read'))
    return { state: 'stale', summary: `${label}, only vouched for` };
  return {
    state: 'current',
    summary: test ? `${label}, to be rehearsed` : `${label}, to be tested`,
  };
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
