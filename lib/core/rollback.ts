export const ROLLBACK_STATUSES = [
  'draft',
  'awaiting_approval',
  'approved',
  'running',
  'succeeded',
  'stopped',
  'unknown',
  'rejected',
  'cancelled',
  'expired',
] as const;
export type RollbackStatus = (typeof ROLLBACK_STATUSES)[number];

export const STATUS_LABELS: Record<RollbackStatus, string> = {
  draft: 'Draft',
  awaiting_approval: 'Waiting for approval',
  approved: 'Approved',
  running: 'Running',
  succeeded: 'Done',
  stopped: 'Stopped',
  unknown: 'Outcome unknown',
  rejected: 'Rejected',
  cancelled: 'Cancelled',
  expired: 'Expired',
};

export const OUTCOMES = [
  'nothing_changed',
  'changed_verified',
  'changed_unverified',
  'stopped_clean',
  'outcome_unknown',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const OUTCOME_LABELS: Record<Outcome, string> = {
  nothing_changed: 'Nothing changed',
  changed_verified: 'Changed and verified',
  changed_unverified: 'Changed, not verified',
  stopped_clean: 'Stopped at a clean step',
  outcome_unknown: 'Outcome unknown',
};

/**
 * Every allowed change of status, with why it exists. The control database holds the same pairs in a
 * trigger, so that a change that is not listed here can't be written at all.
 */
export const STATUS_CHANGES = [
  ['draft', 'awaiting_approval', 'The requester asks for review of exactly this digest.'],
  ['draft', 'approved', 'The policy of the target asks for no approval.'],
  ['draft', 'cancelled', 'Given up before anybody was asked.'],
  ['awaiting_approval', 'approved', 'Enough reviewers have agreed to this digest.'],
  ['awaiting_approval', 'rejected', 'One reviewer said no; a new rollback may be created.'],
  ['awaiting_approval', 'draft', 'The approval is void: something pinned has changed.'],
  ['awaiting_approval', 'cancelled', 'The requester withdrew.'],
  ['awaiting_approval', 'expired', 'Nobody decided in time.'],
  ['approved', 'running', 'The run was started by a person.'],
  ['approved', 'draft', 'The approval is void: something pinned has changed.'],
  ['approved', 'cancelled', 'Given up although approved.'],
  ['approved', 'expired', 'The approval grew too old to run on.'],
  ['running', 'succeeded', 'Every step is committed.'],
  [
    'running',
    'stopped',
    'Ended between two steps: by request, by a failed step, or by reconciling.',
  ],
  ['running', 'unknown', 'The target could not be asked what happened to the last COMMIT.'],
  ['unknown', 'stopped', 'The target answered: the last step is in or out, and no more ran.'],
  ['unknown', 'succeeded', 'The target answered: the last step was committed.'],
  ['stopped', 'running', 'Resumed by a person from the clean step.'],
  ['stopped', 'cancelled', 'Left at the clean step for good.'],
] as const satisfies readonly (readonly [RollbackStatus, RollbackStatus, string])[];

export function statusChangeAllowed(from: RollbackStatus, to: RollbackStatus): boolean {
  return STATUS_CHANGES.some(([a, b]) => a === from && b === to);
}

/** Statuses in which a target counts as having an open rollback. */
export const OPEN_STATUSES = [
  'draft',
  'awaiting_approval',
  'approved',
  'running',
  'stopped',
  'unknown',
] as const satisfies readonly RollbackStatus[];

export function isOpen(status: RollbackStatus): boolean {
  return (OPEN_STATUSES as readonly RollbackStatus[]).includes(status);
}

/** `RB-0001` from 1. */
export function rollbackLabel(number: number): string {
  return `RB-${String(number).padStart(4, '0')}`;
}

/** 1 from `RB-0001`; undefined for anything else. */
export function parseRollbackLabel(label: string): number | undefined {
  const match = /^RB-(\d{4,9})$/.exec(label);
  return match ? Number(match[1]) : undefined;
}
