import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventKind, RollbackEvent } from '@/lib/core/events';
import { changesRoom, mergeEvents, parseEvent } from './event-log';

const event = (seq: number): RollbackEvent => ({
  seq,
  at: '2026-11-22T02:00:00.000Z',
  runId: null,
  kind: 'run.stop_requested',
  payload: { by: 'Ona' },
});
const seqs = (events: readonly RollbackEvent[]) => events.map(({ seq }) => seq);

describe('mergeEvents', () => {
  it.each([
    ['the first', [], [1, 2], [1, 2]],
    ['more of them', [1, 2], [3], [1, 2, 3]],
    ['the last ones again, after a reconnect', [1, 2, 3], [2, 3, 4], [1, 2, 3, 4]],
    ['one that came late', [1, 3], [2], [1, 2, 3]],
    ['out of order', [], [3, 1, 2], [1, 2, 3]],
    ['one twice in the same piece', [1], [2, 2], [1, 2]],
  ])('%s', (_name, known, incoming, expected) => {
    expect(seqs(mergeEvents(known.map(event), incoming.map(event)))).toEqual(expected);
  });

  it.each([[[]], [[1]], [[2, 1]]])(
    'gives the same array when %j brings nothing new',
    (incoming) => {
      const known = [event(1), event(2)];
      expect(mergeEvents(known, incoming.map(event))).toBe(known);
    },
  );

  it('has every event once and in order, however the pieces came', () => {
    const pieces = fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 8 }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(pieces, (list) => {
        let known: RollbackEvent[] = [];
        for (const piece of list) known = mergeEvents(known, piece.map(event));
        const wanted = [...new Set(list.flat())].sort((a, b) => a - b);
        expect(seqs(known)).toEqual(wanted);
      }),
    );
  });
});

describe('changesRoom', () => {
  it.each<[EventKind, boolean]>([
    ['status.changed', true],
    ['plan.changed', true],
    ['rehearsal.finished', true],
    ['rehearsal.progress', false],
    ['backup.finished', true],
    ['backup.progress', false],
    ['backup.cancel_requested', true],
    ['backup.attestation_confirmed', true],
    ['test_restore.queued', true],
    ['test_restore.progress', false],
    ['test_restore.finished', true],
    ['approval.decided', true],
    ['run.started', true],
    ['run.stop_requested', true],
    ['statement.finished', false],
    ['lock.waiting', false],
    ['step.committed', true],
    ['step.verified', true],
    ['step.undone', true],
    ['run.finished', true],
    ['fence.released', true],
  ])('%s: %s', (kind, expected) => {
    expect(changesRoom(kind)).toBe(expected);
  });
});

describe('parseEvent', () => {
  it('reads what was sent', () => {
    expect(parseEvent(JSON.stringify(event(4)))).toEqual(event(4));
  });
  it.each([
    '',
    'null',
    '4',
    '{}',
    '{"seq":1}',
    '{"seq":"1","at":"","kind":"a","payload":{}}',
    '{"seq":1,"at":"","kind":"a","payload":null}',
    '{"seq":1,',
  ])('refuses %j', (data) => {
    expect(parseEvent(data)).toBeUndefined();
  });
});
