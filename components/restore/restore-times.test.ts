import { describe, expect, it } from 'vitest';
import type { RestoreEvent } from '@/lib/core/restore-views';
import { lastToldAt, statusSince, waitingFor } from './restore-times';

const at = (second: number) => `2026-11-23T10:00:${String(second).padStart(2, '0')}.000Z`;
const events = (...kinds: string[]): RestoreEvent[] =>
  kinds.map((kind, index) => ({ seq: index + 1, at: at(index + 1), kind, payload: {} }));
const cleanUp = (state: 'current' | 'working') => ({
  steps: [{ step: 'clean_up' as const, state }],
});

describe('the time of the last event', () => {
  it('is the newest of what anybody has told', () => {
    const room = { createdAt: at(0), events: events('restore.created'), acts: [] };
    expect(lastToldAt({ ...room, heartbeatAt: null })).toBe(at(1));
    expect(lastToldAt({ ...room, heartbeatAt: at(9) })).toBe(at(9));
    const act = { seq: 1, what: 'swap', name: 'rename', state: 'done', detail: null } as const;
    expect(
      lastToldAt({ ...room, acts: [{ ...act, at: at(4), endedAt: at(6) }], heartbeatAt: at(5) }),
    ).toBe(at(6));
  });

  it('of a status is its last change, or the beginning', () => {
    expect(statusSince({ createdAt: at(0), events: events('restore.created') })).toBe(at(0));
    expect(
      statusSince({ createdAt: at(0), events: events('status.changed', 'approval.decided') }),
    ).toBe(at(1));
  });
});

describe('what the executor is waited for', () => {
  const room = { status: 'swapped' as const, gates: cleanUp('current') };

  it('is a release of the fence until it is answered', () => {
    const asked = events('fence.release_requested');
    expect(waitingFor({ ...room, events: asked })).toEqual([
      { words: expect.stringContaining('release of the fence'), since: at(1) },
    ]);
    for (const answer of ['fence.released', 'fence.release_failed'])
      expect(waitingFor({ ...room, events: events('fence.release_requested', answer) })).toEqual(
        [],
      );
    // Asked for again after it failed.
    const again = events(
      'fence.release_requested',
      'fence.release_failed',
      'fence.release_requested',
    );
    expect(waitingFor({ ...room, events: again })).toMatchObject([{ since: at(3) }]);
  });

  it('is a drop while the gate says so', () => {
    const asked = events('former.drop_requested');
    expect(waitingFor({ ...room, gates: cleanUp('working'), events: asked })).toMatchObject([
      { since: at(1) },
    ]);
    expect(waitingFor({ ...room, events: asked })).toEqual([]);
  });

  it('is a cancel while it is being restored, and not one of an earlier attempt', () => {
    const asked = events('status.changed', 'restore.cancel_requested');
    expect(waitingFor({ ...room, status: 'restoring', events: asked })).toMatchObject([
      { since: at(2) },
    ]);
    const later = events('restore.cancel_requested', 'status.changed', 'status.changed');
    expect(waitingFor({ ...room, status: 'restoring', events: later })).toEqual([]);
  });
});
