import type { RunEvidence, StepStatus } from './evidence';

export type RunState = RunEvidence['state'];

export const RUN_STATES = ['queued', 'running', 'finished'] as const satisfies readonly RunState[];

export const STEP_STATUSES = [
  'pending',
  'running',
  'committing',
  'committed',
  'failed',
  'unknown',
] as const satisfies readonly StepStatus[];

/**
 * Every change of a run's state, with why it exists. As with the rollback's status, a trigger in the
 * control database holds the same pairs. Who owns a running run is the epoch's matter, which only rises.
 */
export const RUN_CHANGES = [
  ['queued', 'running', 'An executor has claimed it, under the first epoch.'],
  ['running', 'finished', 'Its end is written down, with the rollback’s status beside it.'],
] as const satisfies readonly (readonly [RunState, RunState, string])[];

/**
 * Every change of a step's status, with why it exists, held by a trigger as well. Committed is final,
 * and nothing becomes committed without the record that COMMIT was about to be sent.
 */
export const STEP_CHANGES = [
  ['pending', 'running', 'The run has come to this step.'],
  [
    'running',
    'committing',
    'Its transaction may be committed from here on, and that can’t be taken back unseen.',
  ],
  [
    'running',
    'failed',
    'A statement failed, or the run broke off here: what was under way is not in.',
  ],
  ['committing', 'running', 'Its part is in and the next begins, or COMMIT never took hold.'],
  ['committing', 'failed', 'The target refused the COMMIT, or says afterwards that it is not in.'],
  ['committing', 'committed', 'The target has it, seen at once or asked for afterwards.'],
  ['failed', 'running', 'Tried again, or gone on with, by the run itself or by a resume.'],
] as const satisfies readonly (readonly [StepStatus, StepStatus, string])[];

export function runChangeAllowed(from: RunState, to: RunState): boolean {
  return RUN_CHANGES.some(([a, b]) => a === from && b === to);
}

export function stepChangeAllowed(from: StepStatus, to: StepStatus): boolean {
  return STEP_CHANGES.some(([a, b]) => a === from && b === to);
}
