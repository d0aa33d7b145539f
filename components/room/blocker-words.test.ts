import { describe, expect, it } from 'vitest';
import type { Blocker } from '@/lib/core/events';
import { buildTimeline, type TimelineTermination } from '@/lib/core/timeline';
import {
  aged,
  clientWords,
  standingWord,
  stateWords,
  stillBlocks,
  terminationConsequences,
} from './blocker-words';

const blocker = (over: Partial<Blocker> = {}): Blocker => ({
  pid: 48_213,
  applicationName: 'agentim-worker',
  user: 'worker',
  state: 'idle in transaction',
  query: 'SELECT 1',
  transactionAgeMs: 232_000,
  backendStart: '2026-11-22T02:00:00.000000Z',
  ...over,
});

const AT = Date.parse('2026-11-22T02:16:30.000Z');
const termination = (state: TimelineTermination['state']): TimelineTermination => ({
  pid: 48_213,
  state,
  at: new Date(AT).toISOString(),
  text: 'Ona asked to end session 48213',
});

it('tells the state with its age where that is known', () => {
  expect(stateWords(blocker({ stateAgeMs: 232_000 }))).toBe('idle in transaction for 3 min 52 s');
  expect(stateWords(blocker())).toBe('idle in transaction');
  expect(stateWords(blocker({ state: '' }))).toBe('unknown');
});

it('tells a local client from one that is not known', () => {
  expect(clientWords(blocker({ client: null }))).toBe('local socket');
  expect(clientWords(blocker({ client: '10.0.0.7' }))).toBe('10.0.0.7');
  expect(clientWords(blocker())).toBeUndefined();
});

describe('standingWord', () => {
  it('keeps from asking twice while the answer is due', () => {
    const asked = termination('requested');
    expect(standingWord(asked, AT + 29_000)).toBe(asked);
    expect(standingWord(asked, AT + 31_000)).toBeNull();
  });

  it('keeps an end for good, and a failure not at all', () => {
    const ended = termination('terminated');
    expect(standingWord(ended, AT + 600_000)).toBe(ended);
    expect(standingWord(termination('failed'), AT)).toBeNull();
    expect(standingWord(undefined, AT)).toBeNull();
  });
});

it('knows a session by its pid and its beginning', () => {
  const timeline = buildTimeline([1], []);
  const [step] = timeline.steps;
  if (!step) throw new Error('one step was asked for');
  const before = { blockers: [blocker()], at: '2026-11-22T02:20:00.000Z', index: 0 };
  Object.assign(step, { state: 'lock', blockers: [blocker()], before });
  expect(stillBlocks(timeline, blocker())).toBe(true);
  expect(stillBlocks(timeline, blocker({ pid: 1 }))).toBe(false);
  expect(stillBlocks(timeline, blocker({ backendStart: '2026-11-22T02:16:00.000000Z' }))).toBe(
    false,
  );
  // Between two tries the session is still the one that will be in the way.
  Object.assign(step, { state: 'undone', retryInMs: 500 });
  expect(stillBlocks(timeline, blocker())).toBe(true);
  step.state = 'running';
  expect(stillBlocks(timeline, blocker())).toBe(true);
  // After the last one the names stay for whoever reads the error; the run waits no more.
  Object.assign(step, { state: 'undone', retryInMs: null, before: null });
  expect(stillBlocks(timeline, blocker())).toBe(false);
});

it('says why an idle transaction can only be ended', () => {
  const words = (over: Partial<Blocker>) =>
    terminationConsequences(blocker(over))
      .map(([, text]) => text)
      .join(' ');
  expect(words({})).toContain('open for 3 min 52 s');
  expect(words({})).toContain('no statement to cancel');
  expect(words({ state: 'active' })).toContain('in the middle of a statement');
});

describe('aged', () => {
  const at = '2026-10-28T02:20:00.000Z';
  const told = blocker({ transactionAgeMs: 60_000, stateAgeMs: 5_000 });

  it('counts on from the time of the look', () => {
    expect(aged(told, at, Date.parse(at) + 4_000)).toMatchObject({
      transactionAgeMs: 64_000,
      stateAgeMs: 9_000,
    });
    expect(aged(blocker(), at, Date.parse(at) + 4_000)).not.toHaveProperty('stateAgeMs');
  });

  it('stops where nobody has looked any more, and never counts back', () => {
    expect(aged(told, at, Date.parse(at) + 600_000).transactionAgeMs).toBe(70_000);
    expect(aged(told, at, Date.parse(at) - 600_000)).toEqual(told);
    expect(aged(told, null, Date.parse(at))).toBe(told);
  });
});
