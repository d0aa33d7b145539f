import { allOrNothingOffer } from '@/lib/core/all-or-nothing';
import type { RunEvidence } from '@/lib/core/evidence';
import { type RescueEstimate, rescueEstimate } from '@/lib/core/rescue-estimate';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { formatCount, formatSize } from './format-count';

/** What a person chooses beside Run. */
export interface RunMode {
  allOrNothing: boolean;
  rescue: boolean;
}

type Chosen = Pick<RollbackRoom, 'plan' | 'steps' | 'rehearsal' | 'digest' | 'policy'>;

export function stepsDoneOf({ steps }: Pick<RollbackRoom, 'steps'>): number {
  return steps.filter((step) => step.status === 'committed').length;
}

/** The rehearsal of this very plan, the only one that says something about its run. */
const rehearsed = ({ rehearsal, digest }: Chosen) =>
  rehearsal?.digest === digest ? rehearsal.result : null;

/** Whether the rest may go in as one transaction; see `allOrNothingOffer`. */
export function offerOf(room: Chosen): { offered: boolean; reason?: string } {
  return allOrNothingOffer(room.plan, stepsDoneOf(room), rehearsed(room));
}

export function estimateOf(room: Chosen): RescueEstimate {
  return rescueEstimate(room.plan, stepsDoneOf(room), rehearsed(room));
}

/** What is sent: the choice within what plan and policy allow at this moment. */
export function runModeOf(room: Chosen, wanted: RunMode): RunMode {
  const { rescue } = room.policy;
  return {
    allOrNothing: wanted.allOrNothing && offerOf(room).offered,
    rescue: rescue === 'always' || (rescue === 'ask' && wanted.rescue),
  };
}

/** How much the copies take, in one sentence. */
export function rescueSizeWords({ copies, bytes, unknown }: RescueEstimate): string {
  if (copies === 0) {
    return unknown.length === 0
      ? 'As far as is known, nothing needs one.'
      : 'How much they take is not known.';
  }
  const more = unknown.length > 0 ? ' or more' : '';
  return `${formatCount(copies, 'copy', 'copies')}, ≈\u00a0${formatSize(bytes)}${more}.`;
}

/** Why the copies may undo a step, or null: all of one rollback together have a limit. */
export function rescueLimitWords(
  { bytes }: RescueEstimate,
  { rescue_max_mb: most }: Pick<RollbackRoom['policy'], 'rescue_max_mb'>,
): string | null {
  if (bytes <= most * 1024 * 1024) return null;
  return `The policy allows ${most.toLocaleString('en-US')} MB: a step whose copies go beyond is rolled back.`;
}

/** How a run goes on, where that is not the usual way; null when it is. */
export function runModeWords(
  { allOrNothing, rescue }: Pick<RunEvidence, 'allOrNothing' | 'rescue'>,
  { steps, startedAt }: Pick<Timeline, 'steps' | 'startedAt'>,
): string | null {
  // What an earlier run has committed is no part of this transaction.
  const before = steps.filter(
    (step) =>
      step.state === 'committed' &&
      (startedAt === null || (step.startedAt !== null && step.startedAt < startedAt)),
  ).length;
  const sentences = [
    ...(allOrNothing ? [`One transaction for all ${steps.length - before} steps.`] : []),
    ...(rescue ? ['What is destroyed is copied first.'] : []),
  ];
  return sentences.length > 0 ? sentences.join(' ') : null;
}
