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
  /** When it began, for the clock beside the word. */
  since: string | null;
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
  if (run?.state === 'queued' && timeline.startedAt === null) {
    const ending = run.cancelRequestedBy
      ? `, to be cancelled as ${run.cancelRequestedBy} asked`
      : run.stopRequestedBy
        ? `, to be stopped as ${run.stopRequestedBy} asked`
        : '';
    return phase(`Waiting for an executor${ending}`, run.requestedAt);
  }
  const step = activeStep(timeline);
  const doubtful = timeline.steps.find(({ state }) => state === 'unknown');
  const position = step?.position ?? null;
  if (!step && doubtful) {
    const word = `Outcome of step ${doubtful.position + 1} unknown, asking the target`;
    return phase(word, timeline.lastEventAt, doubtful.position, 'unknown');
  }
  const asked = run && askedToEnd(run, timeline, step);
  if (asked)
    return phase(asked, step ? sinceOf(step, timeline) : timeline.lastEventAt, position, 'warn');
  if (!step) return betweenSteps(timeline);
  const number = step.position + 1;
  const since = sinceOf(step, timeline);
  switch (step.state) {
    case 'lock':
      return phase('Running, waiting for a lock', since, position, 'warn');
    case 'committing':
      return timeline.allOrNothing
        ? phase('Running, committing all steps', since, position)
        : phase(`Running, committing step ${number}`, since, position);
    case 'undone':
      return phase(`Step ${number} was rolled back, trying again`, since, position, 'warn');
    default:
      return phase('Running', since, position);
  }
}

function phase(
  word: string,
  since: string | null,
  position: number | null = null,
  tone: RunPhase['tone'] = 'accent',
): RunPhase {
  return { word, tone, icon: null, position, since };
}

/** Stop and cancel, and what they still wait for. */
function askedToEnd(
  run: RunEvidence,
  { allOrNothing }: Timeline,
  step: TimelineStep | undefined,
): string | null {
  const waits = step?.state === 'lock' ? ', which waits for a lock' : '';
  const number = step ? step.position + 1 : null;
  if (run.cancelRequestedBy) {
    if (allOrNothing) return `Cancelling all steps, as ${run.cancelRequestedBy} asked`;
    const what = number === null ? 'before the next step' : `step ${number}${waits}`;
    return `Cancelling ${what}, as ${run.cancelRequestedBy} asked`;
  }
  if (run.stopRequestedBy) {
    if (allOrNothing) return `Stop asked by ${run.stopRequestedBy}: all steps are one transaction`;
    const when = number === null ? 'before the next step' : `after step ${number}${waits}`;
    return `Stopping ${when}, as ${run.stopRequestedBy} asked`;
  }
  return null;
}

function betweenSteps(timeline: Timeline): RunPhase {
  const ready = timeline.steps.filter(({ state }) => state === 'ready').length;
  if (ready > 0) {
    const word = `Running, ${ready} of ${timeline.steps.length} steps ready, not committed`;
    return phase(word, timeline.lastEventAt);
  }
  return hasBegun(timeline)
    ? phase('Running, between two steps', timeline.lastEventAt)
    : phase('Checking before the run', timeline.startedAt);
}

/** Since when a step has been doing what it does. */
function sinceOf(step: TimelineStep, timeline: Timeline): string | null {
  switch (step.state) {
    case 'lock':
      return step.waitingSince;
    case 'undone':
      return step.undoneAt;
    case 'committing':
      return timeline.lastEventAt;
    default:
      return step.startedAt;
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
