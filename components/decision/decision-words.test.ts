import { describe, expect, it } from 'vitest';
import { sessionWords, timeWords } from './decision-words';

const session = { user: 'app', sessions: 2, inTransaction: 0, oldestMs: null };

describe('sessionWords', () => {
  it('names applications, and who tells none by its user', () => {
    expect(
      sessionWords({
        sessions: [
          { ...session, application: 'agentim-web', oldestMs: 61_000 },
          { ...session, application: '', sessions: 1 },
        ],
        sessionsError: null,
      }),
    ).toBe(
      '3 sessions use the database now: agentim-web 2 (oldest transaction 1 min 1 s), app, no application name 1.',
    );
  });

  it('keeps a long list short', () => {
    const sessions = ['a', 'b', 'c', 'd', 'e', 'f'].map((application) => ({
      ...session,
      application,
    }));
    expect(sessionWords({ sessions, sessionsError: null })).toMatch(/d 2 and 2 more\.$/);
  });

  it('tells nobody from not known', () => {
    expect(sessionWords({ sessions: [], sessionsError: null })).toBe(
      'Nobody else is connected to the database now.',
    );
    expect(sessionWords({ sessions: null, sessionsError: 'no answer from shop.' })).toBe(
      'Who uses the database now is not known: no answer from shop.',
    );
  });
});

describe('timeWords', () => {
  it('says what it was measured on', () => {
    expect(timeWords({ ms: 8_100, on: 'rehearsed without rows' }, 'no')).toBe(
      '≈ 8.10 s, rehearsed without rows',
    );
    expect(timeWords(null, 'never restored yet')).toBe('never restored yet');
  });
});
