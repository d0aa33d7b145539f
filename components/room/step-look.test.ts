import { describe, expect, it } from 'vitest';
import { workingSince } from './step-look';
import { backupFixture, roomFixture, runFixture } from './testing/room-fixture';

describe('since when a step is under way', () => {
  const room = roomFixture({
    approvalRequestedAt: '2026-10-28T02:18:00.000Z',
    backup: backupFixture({ queuedAt: '2026-10-28T02:16:00.000Z', startedAt: null }),
    run: runFixture({
      requestedAt: '2026-10-28T02:20:00.000Z',
      startedAt: '2026-10-28T02:20:01.000Z',
    }),
  });

  it.each([
    ['backup', 'that waits counts from when it was asked for', '2026-10-28T02:16:00.000Z'],
    ['approval', 'counts from when it was asked for', '2026-10-28T02:18:00.000Z'],
    ['run', 'counts from when it began', '2026-10-28T02:20:01.000Z'],
  ] as const)('%s: %s', (step, _why, since) => {
    expect(workingSince({ step, state: 'working' }, room)).toBe(since);
  });

  it('is nothing of a step that is not', () => {
    expect(workingSince({ step: 'run', state: 'done' }, room)).toBeNull();
    expect(workingSince({ step: 'run', state: 'working' }, { ...room, run: null })).toBeNull();
  });
});
