import type { Danger } from './dangers';
import { unacknowledged } from './dangers';
import type {
  Acknowledgement,
  ApprovalEvidence,
  BackupEvidence,
  FenceEvidence,
  PlanCheck,
  RehearsalEvidence,
  RescueEvidence,
  RunEvidence,
} from './evidence';
import type { Policy } from './policy';
import { GRADE_LABELS, verdictOf } from './proof';
import type { Outcome, RollbackStatus } from './rollback';

/** What is known of one rollback when the gates are asked. */
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
  rescues: RescueEvidence[];
  /** Label of another rollback, or of a restore's swap, that goes on at the same target or whose outcome is unknown. */
  otherRunning: string | null;
  /** Who set that one going, and when. */
  otherRun?: { by: string; at: string; unknown: boolean } | null;
}

export const MINUTE = 60_000;

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
export function proofsBlock(input: GateInput): string | undefined {
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

export function validApprovals(input: GateInput): ApprovalEvidence[] {
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
export function onlyUnreadable(input: GateInput): boolean {
  const changes = input.planCheck?.changes ?? [];
  return changes.length > 0 && changes.every((change) => change.kind === 'unreadable');
}

export function before(input: GateInput): boolean {
  return ['draft', 'awaiting_approval', 'approved'].includes(input.status);
}

/** A run is going on or over, and nothing is left to start: evidence is shown, not demanded. */
export function pastGates(input: GateInput): boolean {
  return (
    ['running', 'succeeded', 'unknown'].includes(input.status) ||
    (input.status === 'cancelled' && input.run !== null)
  );
}

export function fenceIsUp(input: GateInput): boolean {
  return input.fence !== null && input.fence.releasedAt === null;
}
