import { describe, expect, it } from 'vitest';
import type { RestoreSurroundings, SwapSessions } from '@/lib/core/restore-views';
import { clientOf, doingWords, endedWords, holdWords, programOf, purposeOf } from './session-words';

const one = (more: Partial<SwapSessions>): SwapSessions => ({
  application: 'chat-web',
  user: 'chat',
  client: '10.0.3.7',
  sessions: 1,
  inTransaction: 0,
  oldestMs: null,
  doing: [{ state: 'idle', sessions: 1 }],
  ...more,
});

const surrounding = (sessions: SwapSessions[]): RestoreSurroundings => ({
  database: 'chat',
  found: { sessions, prepared: [], slots: [], subscriptions: [] },
  error: null,
});

describe('who a swap puts out', () => {
  it('is counted by program, the most first, with the oldest transaction', () => {
    const seen = surrounding([
      one({ application: 'worker', sessions: 3, inTransaction: 1, oldestMs: 61_000 }),
      one({ sessions: 2 }),
      one({ sessions: 2, client: '10.0.3.8', inTransaction: 1, oldestMs: 1_000 }),
      one({ application: '', sessions: 1 }),
      one({ application: 'cron', sessions: 1 }),
    ]);
    expect(endedWords(seen)).toBe(
      '9 sessions are ended: chat-web 4, worker 3, no name, chat 1 and 1 more. 2 in a transaction, the oldest for 1 min 1 s.',
    );
    expect(purposeOf(seen, 'swap')).toBe('to end 9 sessions and swap');
  });

  it('is nobody, one, or not known', () => {
    expect(endedWords(surrounding([]))).toMatch(/^Nobody is connected now/);
    expect(purposeOf(surrounding([]), 'swap back')).toBe('to swap back');
    expect(endedWords(surrounding([one({})]))).toBe('1 session is ended: chat-web 1.');
    expect(purposeOf(surrounding([one({})]), 'swap')).toBe('to end 1 session and swap');
    const unknown = { database: 'chat', found: null, error: 'It can’t be reached.' };
    expect(endedWords(unknown)).toBe(
      'How many sessions that ends is not known. It can’t be reached.',
    );
    expect(purposeOf(unknown, 'swap')).toBe('to swap');
    expect(purposeOf(undefined, 'swap')).toBe('to swap');
  });

  it('is said as far as the role may see it', () => {
    const hidden = one({ client: null, doing: [{ state: null, sessions: 2 }] });
    expect(clientOf(hidden)).toBe('not shown to the role');
    expect(doingWords(hidden)).toBe('not shown to the role');
    expect(clientOf(one({ client: null }))).toBe('local socket');
    expect(programOf(one({ application: '', user: '' }))).toBe('no name');
    const doing = [
      { state: 'idle', sessions: 2 },
      { state: 'idle in transaction', sessions: 1 },
    ];
    expect(doingWords(one({ doing }))).toBe('2 idle, 1 idle in transaction');
  });
});

describe('what holds on to the database', () => {
  it('is nothing most of the time', () => {
    expect(
      holdWords({ sessions: [], prepared: [], slots: [], subscriptions: [] }, 'beside'),
    ).toEqual({
      stops: [],
      stays: [],
    });
  });

  it('stops the swap, or stays behind', () => {
    const { stops, stays } = holdWords(
      {
        sessions: [],
        prepared: [{ gid: 'order 7', owner: 'chat', since: '2026-11-23T10:00:00Z' }],
        slots: [
          { name: 'cdc', active: true },
          { name: 'audit', active: false },
        ],
        subscriptions: ['from_hq'],
      },
      'beside',
    );
    expect(stops).toEqual([
      expect.stringMatching(/^1 prepared transaction \(order 7\): .*COMMIT PREPARED/),
    ]);
    expect(stays).toEqual([
      expect.stringMatching(/^2 logical replication slots \(cdc, audit\): they stay/),
      expect.stringMatching(/^1 subscription \(from_hq\): it stays/),
    ]);
  });

  it('stays where it is in place, and a prepared transaction stops that swap too', () => {
    const prepared = [{ gid: 'order 7', owner: 'chat', since: '2026-11-23T10:00:00Z' }];
    const slots = [{ name: 'cdc', active: true }];
    const { stops, stays } = holdWords(
      { sessions: [], prepared, slots, subscriptions: ['from_hq'] },
      'in_place',
    );
    expect(stops).toEqual([expect.stringMatching(/the tables can’t be locked/)]);
    expect(stays).toEqual([]);
  });

  it('names five at the most', () => {
    const slots = Array.from({ length: 7 }, (_, n) => ({ name: `s${n}`, active: true }));
    const { stays } = holdWords({ sessions: [], prepared: [], slots, subscriptions: [] }, 'beside');
    expect(stays[0]).toContain('(s0, s1, s2, s3, s4 and 2 more)');
  });
});
