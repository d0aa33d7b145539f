import type { IconName } from '@/components/ui/icon';
import type { Tone } from '@/components/ui/tone';
import type { RunEvidence } from '@/lib/core/evidence';
import type { Timeline, TimelineStep } from '@/lib/core/timeline';

export interface RunPhase {
  word: string;
  tone: Tone | 'accent';
  /** `null`: the spinner, something is going on right now. */
  icon: IconName | null;
  /** 0-based position of the step it is about; null between and before steps. */
  position: number | null;
}

const ACTIVE: ReadonlySet<TimelineStep['state']> = new Set(['running', 'lock', 'committing']);

/** The step that is under way, or waits to be tried again. */
export function activeStep(timeline: Timeline): TimelineStep | undefined {
  return (
    timeline.steps.find((step) => ACTIVE.has(step.state)) ??
    timeline.steps.find((step) => step.state === 'undone' && step.retryInMs !== null)
  );
}

/** What a running run is doing, in words. */
export function runPhase(run: RunEvidence | null, timeline: Timeline): RunPhase {
  const step = activeStep(timeline);
  const position = step?.position ?? null;
  const number = (position ?? 0) + 1;
  if (run?.cancelRequestedBy) {
    return { word: `Cancelling step ${number}`, tone: 'warn', icon: null, position };
  }
  if (run?.state === 'queued' && timeline.startedAt === null) {
    return { word: 'Queued, waiting for the executor', tone: 'accent', icon: null, position };
  }
  if (!step) {
    const word = hasBegun(timeline) ? 'Running, between two steps' : 'Checking before the run';
    return { word, tone: 'accent', icon: null, position };
  }
  if (run?.stopRequestedBy) {
    return { word: `Stopping after step ${number}`, tone: 'warn', icon: null, position };
  }
  switch (step.state) {
    case 'lock':
      return { word: 'Running, waiting for a lock', tone: 'warn', icon: null, position };
    case 'ready':
      return {
        word: 'Running, everything in one transaction',
        tone: 'accent',
        icon: null,
        position,
      };
    case 'committing':
      return { word: `Running, committing step ${number}`, tone: 'accent', icon: null, position };
    case 'undone':
      return {
        word: `Step ${number} was rolled back, trying again`,
        tone: 'warn',
        icon: null,
        position,
      };
    default:
      return { word: 'Running', tone: 'accent', icon: null, position };
  }
}

/** A step of this run, not of one before it, has been started. */
function hasBegun(timeline: Timeline): boolean {
  const { startedAt } = timeline;
  return (
    startedAt !== null &&
    timeline.steps.some((step) => step.startedAt !== null && step.startedAt >= startedAt)
  );
}
