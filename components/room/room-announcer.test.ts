import { describe, expect, it } from 'vitest';
import { buildTimeline, type TimelineStep } from '@/lib/core/timeline';
import { announcement } from './room-announcer';
import { type RoomOver, roomFixture, runFixture } from './testing/room-fixture';

const say = (over: RoomOver, steps: Partial<TimelineStep>[] = []) => {
  const timeline = buildTimeline([2, 2, 1], []);
  steps.forEach((patch, position) => {
    const step = timeline.steps[position];
    if (step) Object.assign(step, patch);
  });
  return announcement(roomFixture(over), timeline);
};
const running: RoomOver = { status: 'running', run: runFixture() };

describe('announcement', () => {
  const cases: [string, RoomOver, Partial<TimelineStep>[], string][] = [
    ['nothing before a run', {}, [], ''],
    ['its beginning', running, [], 'The run has been started. Checks before the run.'],
    ['a step', running, [{ state: 'running' }], 'Step 1 of 3, 0035: running.'],
    [
      'a lock',
      running,
      [{ state: 'committed' }, { state: 'lock' }],
      'Step 2 of 3, 0034: waiting for a lock.',
    ],
    ['a COMMIT', running, [{ state: 'committed' }], 'Step 1 of 3, 0035: undone and committed.'],
    [
      'a step that was rolled back',
      running,
      [{ state: 'undone' }],
      'Step 1 of 3, 0035: rolled back.',
    ],
    [
      'a step that waits for the others',
      running,
      [{ state: 'ready' }],
      'Step 1 of 3, 0035: ready, not committed.',
    ],
    [
      'a step of which a part is in',
      running,
      [{ state: 'undone', partsDone: 1 }],
      'Step 1 of 3, 0035: stopped inside.',
    ],
    ['the end', { status: 'succeeded', outcome: 'changed_verified' }, [], 'Changed and verified.'],
    [
      'not the unknown, which is an alert',
      { status: 'unknown', outcome: 'outcome_unknown' },
      [],
      '',
    ],
  ];
  it.each(cases)('%s', (_name, over, steps, words) => {
    expect(say(over, steps)).toBe(words);
  });

  it('does not change while statements pass by', () => {
    const first = say(running, [{ state: 'running', statements: [] }]);
    const later = say(running, [{ state: 'committing', durationMs: 4 }]);
    expect(later).toBe(first);
  });
});
