import { describe, expect, it } from 'vitest';
import type { RunEvidence } from '@/lib/core/evidence';
import { buildTimeline, type Timeline, type TimelineStep } from '@/lib/core/timeline';
import { activeStep, runPhase } from './run-phase';

const STARTED = '2026-11-22T02:16:30.000Z';

const run = (over: Partial<RunEvidence> = {}): RunEvidence => ({
  id: 1,
  number: 1,
  state: 'running',
  requestedBy: { id: 'ona', name: 'Ona' },
  requestedAt: STARTED,
  startedAt: STARTED,
  finishedAt: null,
  heartbeatAt: null,
  stopRequestedBy: null,
  cancelRequestedBy: null,
  allOrNothing: false,
  rescue: false,
  ...over,
});

function timeline(steps: Partial<TimelineStep>[], over: Partial<Timeline> = {}): Timeline {
  const built = buildTimeline([1, 1], []);
  steps.forEach((patch, position) => {
    const step = built.steps[position];
    if (step) Object.assign(step, patch);
  });
  return { ...built, startedAt: STARTED, ...over };
}

const later = '2026-11-22T02:16:31.000Z';
const earlier = '2026-11-22T02:10:00.000Z';

describe('runPhase', () => {
  const cases: [string, RunEvidence | null, Timeline, string, number | null][] = [
    [
      'asked for, no executor yet',
      run({ state: 'queued' }),
      timeline([], { startedAt: null }),
      'Waiting for an executor',
      null,
    ],
    ['no step yet', run(), timeline([]), 'Checking before the run', null],
    [
      'resumed, its first step not started',
      run(),
      timeline([{ state: 'committed', startedAt: earlier }]),
      'Checking before the run',
      null,
    ],
    [
      'between two steps',
      run(),
      timeline([{ state: 'committed', startedAt: later }]),
      'Running, between two steps',
      null,
    ],
    ['running', run(), timeline([{ state: 'running', startedAt: later }]), 'Running', 0],
    ['a lock', run(), timeline([{ state: 'lock' }]), 'Running, waiting for a lock', 0],
    [
      'committing',
      run(),
      timeline([{ state: 'committed' }, { state: 'committing' }]),
      'Running, committing step 2',
      1,
    ],
    [
      'to be tried again',
      run(),
      timeline([{ state: 'undone', retryInMs: 500 }]),
      'Step 1 was rolled back, trying again',
      0,
    ],
    [
      'to stop',
      run({ stopRequestedBy: 'Ona' }),
      timeline([{ state: 'running' }]),
      'Stopping after step 1, as Ona asked',
      0,
    ],
    [
      'cancel wins over stop',
      run({ stopRequestedBy: 'Ona', cancelRequestedBy: 'Ona' }),
      timeline([{ state: 'lock' }]),
      'Cancelling step 1, which waits for a lock, as Ona asked',
      0,
    ],
    [
      'cancelled before an executor took it',
      run({ state: 'queued', cancelRequestedBy: 'Ona' }),
      timeline([], { startedAt: null }),
      'Waiting for an executor, to be cancelled as Ona asked',
      null,
    ],
    [
      'cancelled between two steps',
      run({ cancelRequestedBy: 'Ona' }),
      timeline([{ state: 'committed', startedAt: later }]),
      'Cancelling before the next step, as Ona asked',
      null,
    ],
    [
      'no answer to a COMMIT',
      run(),
      timeline([{ state: 'committed' }, { state: 'unknown' }]),
      'Outcome of step 2 unknown, asking the target',
      1,
    ],
    [
      'one transaction, a step ready',
      run(),
      timeline([{ state: 'ready', startedAt: later }], { allOrNothing: true }),
      'Running, 1 of 2 steps ready, not committed',
      null,
    ],
    [
      'one transaction, its COMMIT',
      run(),
      timeline([{ state: 'committing' }, { state: 'committing' }], { allOrNothing: true }),
      'Running, committing all steps',
      0,
    ],
    [
      'one transaction, cancelled',
      run({ cancelRequestedBy: 'Ona' }),
      timeline([{ state: 'running' }], { allOrNothing: true }),
      'Cancelling all steps, as Ona asked',
      0,
    ],
  ];
  it.each(cases)('%s', (_name, evidence, picture, word, position) => {
    expect(runPhase(evidence, picture)).toMatchObject({ word, position });
  });
});

it('a step that was undone for good is not active', () => {
  expect(activeStep(timeline([{ state: 'undone', retryInMs: null }]))).toBeUndefined();
});

describe('since when', () => {
  it.each([
    [
      'queued',
      run({ state: 'queued', requestedAt: earlier }),
      timeline([], { startedAt: null }),
      earlier,
    ],
    ['checks', run(), timeline([]), STARTED],
    ['a lock', run(), timeline([{ state: 'lock', waitingSince: later }]), later],
    ['a step', run(), timeline([{ state: 'running', startedAt: later }]), later],
    ['a retry', run(), timeline([{ state: 'undone', retryInMs: 5, undoneAt: later }]), later],
    [
      'cancelled between two steps',
      run({ cancelRequestedBy: 'Ona' }),
      timeline([{ state: 'committed', startedAt: earlier }], { lastEventAt: later }),
      later,
    ],
    ['no answer', run(), timeline([{ state: 'unknown' }], { lastEventAt: later }), later],
  ])('%s', (_name, evidence, picture, since) => {
    expect(runPhase(evidence, picture).since).toBe(since);
  });
});
