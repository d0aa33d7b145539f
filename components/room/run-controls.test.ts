import { expect, it } from 'vitest';
import { buildTimeline } from '@/lib/core/timeline';
import { countWords, placeOf } from './database-place';
import { stopWords } from './run-controls';
import { roomFixture, runFixture, stepsFixture } from './testing/room-fixture';

it('promises no place while it is unknown whether a COMMIT is in', () => {
  const room = roomFixture({
    status: 'running',
    run: runFixture(),
    steps: stepsFixture(['unknown']),
  });
  const timeline = buildTimeline([1, 1, 1], []);
  const place = placeOf(room.plan, room.steps, timeline, room.status);
  expect(place.orAt).toBe('0034');
  expect(countWords(place, 3)).toBe('0 of 3 known to be undone');
  expect(stopWords(room, timeline, place)).toBe(
    'Both end before the next step; the database is at 0035 or at 0034.',
  );
});
