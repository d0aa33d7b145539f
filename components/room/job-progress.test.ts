import { expect, it } from 'vitest';
import type { RollbackEvent } from '@/lib/core/events';
import { latestProgress } from './job-progress';

const progress = (seq: number, rehearsalId: number, done: number): RollbackEvent => ({
  seq,
  at: '2026-11-22T02:00:00.000Z',
  runId: null,
  kind: 'rehearsal.progress',
  payload: { rehearsalId, phase: 'Replaying', done, total: 36 },
});

it.each([
  ['the newest', [progress(1, 7, 3), progress(2, 7, 9)], 9],
  ['none of an earlier rehearsal', [progress(1, 6, 36)], undefined],
  ['nothing from nothing', [], undefined],
])('%s', (_name, events, done) => {
  expect(latestProgress(events, 'rehearsal.progress', 7)?.done).toBe(done);
});

it('tells the jobs apart', () => {
  expect(latestProgress([progress(1, 7, 3)], 'backup.progress', 7)).toBeNull();
});
