import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Blocker, EventKind, EventPayloads, RollbackEvent } from './events';
import type { StatementError, StepVerification } from './evidence';
import { buildTimeline, type Timeline } from './timeline';

const START = Date.parse('2026-11-22T02:16:30Z');

/** Numbers events and gives each a time 100 ms after the one before. */
function recorder(runId = 1) {
  const events: RollbackEvent[] = [];
  const add = <K extends EventKind>(kind: K, payload: EventPayloads[K]) => {
    const seq = events.length + 1;
    const at = new Date(START + seq * 100).toISOString();
    events.push({ seq, at, runId, kind, payload } as RollbackEvent);
    return at;
  };
  return { events, add };
}

const lockTimeout: StatementError = {
  sqlstate: '55P03',
  message: 'canceling statement due to lock timeout',
  statementIndex: 0,
};
const blocker: Blocker = {
  pid: 48213,
  applicationName: 'agentim-worker',
  user: 'app',
  state: 'idle in transaction',
  query: 'SELECT 1',
  transactionAgeMs: 232_000,
};
const verified: StepVerification = {
  ok: true,
  how: 'fingerprint_equal',
  expectedFingerprint: 'f',
  foundFingerprint: 'f',
  differences: [],
};

function begin(add: ReturnType<typeof recorder>['add'], total = 2) {
  add('run.queued', { runId: 1, by: 'Ona', resume: false });
  add('preflight.check', { name: 'Right database', ok: true, evidence: 'agentim' });
  add('run.started', { executor: 'e', epoch: 1, firstPosition: 0, total });
}

function stepUpToCommitting(
  add: ReturnType<typeof recorder>['add'],
  position: number,
  statements: number,
  attempt = 1,
) {
  add('step.started', { position, tag: `t${position}`, attempt });
  for (let index = 0; index < statements; index++) {
    add('statement.started', { position, index });
    add('statement.finished', { position, index, durationMs: 20, rows: null });
  }
  if (position === 0) add('fence.raised', { position, headTag: '0032' });
  add('tracking.removed', { position, rowId: 44 - position, hash: 'abc', byScript: false });
  add('step.committing', { position, xid: '900' });
}

const stepAt = (timeline: Timeline, position: number) => {
  const step = timeline.steps[position];
  if (!step) throw new Error(`no step ${position}`);
  return step;
};

describe('before a run', () => {
  it('has every step and statement waiting', () => {
    const timeline = buildTimeline([2, 0, 1], []);
    expect(timeline.steps.map((step) => step.statements.length)).toEqual([2, 0, 1]);
    expect(timeline.steps.every((step) => step.state === 'waiting')).toBe(true);
    expect(timeline).toMatchObject({ runId: null, startedAt: null, finished: null, notes: [] });
    expect(timeline.lastEventAt).toBeNull();
  });

  it('is not moved by events of the steps before the run, but tells their age', () => {
    const { events, add } = recorder();
    add('plan.pinned', { digest: 'd', again: false });
    add('rehearsal.progress', { rehearsalId: 1, phase: 'Replaying', done: 3, total: 36 });
    const at = add('backup.finished', { backupId: 1, ok: true, message: '' });
    const timeline = buildTimeline([1], events);
    expect(timeline.lastEventAt).toBe(at);
    expect({ ...timeline, lastEventAt: null }).toEqual(buildTimeline([1], []));
  });
});

describe('one step', () => {
  it('runs its statements, loses its tracking row, commits and is verified', () => {
    const { events, add } = recorder();
    begin(add, 1);
    stepUpToCommitting(add, 0, 2);
    expect(stepAt(buildTimeline([2], events), 0).state).toBe('committing');
    add('step.committed', { position: 0, durationMs: 1_310 });
    add('step.verified', { position: 0, verification: verified, durationMs: 64 });
    const step = stepAt(buildTimeline([2], events), 0);
    expect(step).toMatchObject({
      state: 'committed',
      attempt: 1,
      durationMs: 1_310,
      fenceRaised: true,
      trackingRow: { rowId: 44, hash: 'abc', byScript: false },
      verification: verified,
      verifyMs: 64,
      error: null,
    });
    expect(step.statements.map((statement) => statement.state)).toEqual(['done', 'done']);
  });

  it('names the running statement and since when', () => {
    const { events, add } = recorder();
    begin(add);
    add('step.started', { position: 0, tag: 't0', attempt: 1 });
    const at = add('statement.started', { position: 0, index: 1 });
    const step = stepAt(buildTimeline([2], events), 0);
    expect(step.statements[1]).toMatchObject({ state: 'running', startedAt: at });
    expect(step.statements[0]).toMatchObject({ state: 'waiting', startedAt: null });
  });

  it('remembers what the script left behind and was reset', () => {
    const { events, add } = recorder();
    begin(add);
    add('step.started', { position: 0, tag: 't0', attempt: 1 });
    add('setting.reset', { position: 0, names: ['search_path'] });
    expect(stepAt(buildTimeline([1], events), 0).settingsReset).toEqual(['search_path']);
  });

  it('keeps how many rows a statement touched', () => {
    const { events, add } = recorder();
    begin(add);
    add('step.started', { position: 0, tag: 't0', attempt: 1 });
    add('statement.started', { position: 0, index: 0 });
    add('statement.finished', { position: 0, index: 0, durationMs: 1_200, rows: 8_911 });
    expect(stepAt(buildTimeline([1], events), 0).statements[0]).toMatchObject({
      state: 'done',
      durationMs: 1_200,
      rows: 8_911,
    });
  });
});

describe('waiting for a lock', () => {
  const waiting = (index: number | null) => {
    const { events, add } = recorder();
    begin(add);
    add('step.started', { position: 0, tag: 't0', attempt: 1 });
    if (index !== null) add('statement.started', { position: 0, index });
    const since = add('lock.waiting', { position: 0, index, blockers: [blocker], queued: 14 });
    return { events, add, since };
  };

  it('names the blockers, the queue behind it and since when', () => {
    const { events, since } = waiting(0);
    expect(stepAt(buildTimeline([1], events), 0)).toMatchObject({
      state: 'lock',
      blockers: [blocker],
      queuedBehind: 14,
      waitingSince: since,
      waitingIndex: 0,
    });
  });

  it('keeps who was in the way through the pause and the next try, until that is past the place', () => {
    const { events, add, since } = waiting(0);
    const before = { blockers: [blocker], at: since, index: 0 };
    const look = () => stepAt(buildTimeline([2], events), 0);
    const error = { sqlstate: '55P03', message: 'lock timeout', statementIndex: 0 };
    add('step.undone', { position: 0, error, retryInMs: 500 });
    expect(look()).toMatchObject({ state: 'undone', before });
    add('step.started', { position: 0, tag: 't0', attempt: 2 });
    add('statement.started', { position: 0, index: 0 });
    expect(look()).toMatchObject({ state: 'running', blockers: [], before });
    add('statement.finished', { position: 0, index: 0, durationMs: 1, rows: null });
    expect(look().before).toBeNull();
    add('lock.waiting', { position: 0, index: 1, blockers: [blocker], queued: 0 });
    add('step.undone', { position: 0, error, retryInMs: null });
    expect(look()).toMatchObject({ state: 'undone', before: null, blockers: [blocker] });
  });

  it('keeps the time at which the wait began when the blockers are told again', () => {
    const { events, add, since } = waiting(0);
    const again = { position: 0, index: 0, blockers: [blocker, blocker], queued: 15 };
    const told = add('lock.waiting', again);
    const step = stepAt(buildTimeline([1], events), 0);
    expect(step.waitingSince).toBe(since);
    expect(step.blockersAt).toBe(told);
    expect(step.blockers).toHaveLength(2);
  });

  const endings: [string, (add: ReturnType<typeof recorder>['add']) => void][] = [
    [
      'the statement finished',
      (add) => add('statement.finished', { position: 0, index: 0, durationMs: 9, rows: null }),
    ],
    [
      'nobody blocks it any more',
      (add) => add('lock.waiting', { position: 0, index: 0, blockers: [], queued: 0 }),
    ],
    ['a statement started', (add) => add('statement.started', { position: 0, index: 0 })],
  ];
  it.each(endings)('ends when %s', (_name, end) => {
    const { events, add } = waiting(null);
    end(add);
    expect(stepAt(buildTimeline([1], events), 0)).toMatchObject({
      state: 'running',
      blockers: [],
      queuedBehind: 0,
      blockersAt: null,
      waitingSince: null,
      waitingIndex: null,
    });
  });
});

describe('an undone step', () => {
  const undone = (retryInMs: number | null, error = lockTimeout) => {
    const { events, add } = recorder();
    begin(add);
    add('step.started', { position: 0, tag: 't0', attempt: 1 });
    add('fence.raised', { position: 0, headTag: '0032' });
    add('statement.started', { position: 0, index: 0 });
    add('lock.waiting', { position: 0, index: 0, blockers: [blocker], queued: 2 });
    const at = add('step.undone', { position: 0, error, retryInMs });
    return { events, add, at };
  };

  it('shows the error at its statement and when it is tried again', () => {
    const { events, at } = undone(5_000);
    const step = stepAt(buildTimeline([2], events), 0);
    expect(step).toMatchObject({
      state: 'undone',
      error: lockTimeout,
      retryInMs: 5_000,
      undoneAt: at,
      waitingSince: null,
      queuedBehind: 0,
    });
    expect(step.statements.map((statement) => statement.state)).toEqual(['failed', 'waiting']);
  });

  it('still says who held the lock', () => {
    expect(stepAt(buildTimeline([2], undone(5_000).events), 0).blockers).toEqual([blocker]);
  });

  it('has neither fence nor removed tracking row: its transaction is gone', () => {
    const { events, add } = recorder();
    begin(add);
    stepUpToCommitting(add, 0, 1);
    add('step.undone', {
      position: 0,
      error: { sqlstate: '40001', message: 'x' },
      retryInMs: null,
    });
    expect(stepAt(buildTimeline([1], events), 0)).toMatchObject({
      fenceRaised: false,
      trackingRow: null,
    });
  });

  it('leaves no statement running when the error belongs to none of them', () => {
    const { statementIndex: _gone, ...around } = lockTimeout;
    const step = stepAt(buildTimeline([2], undone(null, around).events), 0);
    expect(step.statements.some((statement) => statement.state === 'running')).toBe(false);
  });

  it('starts afresh on the next attempt', () => {
    const { events, add } = undone(5_000);
    const at = add('step.started', { position: 0, tag: 't0', attempt: 2 });
    const step = stepAt(buildTimeline([2], events), 0);
    expect(step).toMatchObject({
      state: 'running',
      attempt: 2,
      startedAt: at,
      error: null,
      retryInMs: null,
      blockers: [],
    });
    expect(step.statements.every((statement) => statement.state === 'waiting')).toBe(true);
  });

  it('counts down to nothing once the run has ended', () => {
    const { events, add } = undone(5_000);
    add('run.finished', {
      status: 'stopped',
      outcome: 'nothing_changed',
      done: 0,
      total: 2,
      message: '',
    });
    expect(stepAt(buildTimeline([2], events), 0).retryInMs).toBeNull();
  });
});

describe('the end of a run', () => {
  const finish = (add: ReturnType<typeof recorder>['add'], unknown: boolean) =>
    add('run.finished', {
      status: unknown ? 'unknown' : 'stopped',
      outcome: unknown ? 'outcome_unknown' : 'nothing_changed',
      done: 0,
      total: 2,
      message: 'Connection lost.',
    });

  const midAir: [string, (add: ReturnType<typeof recorder>['add']) => void][] = [
    ['running', (add) => add('statement.started', { position: 0, index: 0 })],
    [
      'lock',
      (add) => add('lock.waiting', { position: 0, index: 0, blockers: [blocker], queued: 0 }),
    ],
    ['committing', (add) => add('step.committing', { position: 0, xid: '1' })],
  ];
  it.each(midAir)('leaves nothing in mid-air: %s', (state, last) => {
    for (const unknown of [false, true]) {
      const { events, add } = recorder();
      begin(add);
      add('step.started', { position: 0, tag: 't0', attempt: 1 });
      last(add);
      expect(stepAt(buildTimeline([2], events), 0).state).toBe(state);
      finish(add, unknown);
      const step = stepAt(buildTimeline([2], events), 0);
      expect(step.state).toBe(unknown ? 'unknown' : 'undone');
      expect(step.blockers).toEqual([]);
      expect(step.statements.some((statement) => statement.state === 'running')).toBe(false);
    }
  });

  it('keeps the words and the count', () => {
    const { events, add } = recorder();
    begin(add);
    const at = finish(add, true);
    expect(buildTimeline([1, 1], events).finished).toEqual({
      at,
      outcome: 'outcome_unknown',
      done: 0,
      total: 2,
      message: 'Connection lost.',
    });
  });

  it('leaves committed steps as they are', () => {
    const { events, add } = recorder();
    begin(add);
    stepUpToCommitting(add, 0, 1);
    add('step.committed', { position: 0, durationMs: 1 });
    add('run.stop_requested', { by: 'Ona' });
    finish(add, false);
    const timeline = buildTimeline([1, 1], events);
    expect(timeline.steps.map((step) => step.state)).toEqual(['committed', 'waiting']);
    expect(stepAt(timeline, 0)).toMatchObject({ fenceRaised: true, trackingRow: { rowId: 44 } });
    expect(timeline.notes.map((note) => note.text)).toEqual(['Ona asked to stop after this step']);
  });
});

describe('reconciling', () => {
  const lost = () => {
    const { events, add } = recorder();
    begin(add);
    stepUpToCommitting(add, 0, 2);
    add('step.unknown', { position: 0, message: 'COMMIT was sent, no answer came.' });
    return { events, add };
  };

  it('does not know until it is told', () => {
    expect(stepAt(buildTimeline([2, 1], lost().events), 0).state).toBe('unknown');
  });

  const answers: [string, boolean | null, Timeline['steps'][number]['state'], boolean][] = [
    ['committed', true, 'committed', true],
    ['not committed', false, 'undone', false],
    ['no answer yet', null, 'unknown', true],
  ];
  it.each(answers)('%s', (_name, committed, state, kept) => {
    const { events, add } = lost();
    add('run.reconciled', { message: 'The tracking row was read.', position: 0, committed });
    const timeline = buildTimeline([2, 1], events);
    const step = stepAt(timeline, 0);
    expect(step.state).toBe(state);
    expect(step.trackingRow !== null).toBe(kept);
    expect(step.fenceRaised).toBe(kept);
    expect(timeline.notes.at(-1)?.text).toBe('The tracking row was read.');
  });

  it('of a run whose executor died in the middle of a statement', () => {
    const { events, add } = recorder();
    begin(add);
    add('step.started', { position: 0, tag: 't0', attempt: 3 });
    add('statement.started', { position: 0, index: 0 });
    const at = add('run.reconciled', { message: 'Undone.', position: 0, committed: false });
    expect(stepAt(buildTimeline([1], events), 0)).toMatchObject({
      state: 'undone',
      attempt: 3,
      undoneAt: at,
      error: null,
    });
  });

  it('of no step in particular changes no step', () => {
    const { events, add } = recorder();
    begin(add);
    const before = buildTimeline([1], events).steps;
    add('run.reconciled', { message: 'Nothing had started.', position: null, committed: null });
    expect(buildTimeline([1], events).steps).toEqual(before);
  });
});

describe('resuming', () => {
  it('keeps what is done, forgets the end and the checks of the earlier run', () => {
    const { events, add } = recorder();
    begin(add);
    stepUpToCommitting(add, 0, 1);
    add('step.committed', { position: 0, durationMs: 5 });
    add('run.finished', {
      status: 'stopped',
      outcome: 'stopped_clean',
      done: 1,
      total: 2,
      message: '',
    });
    const at = add('run.queued', { runId: 2, by: 'Max', resume: true });
    const queued = buildTimeline([1, 1], events);
    expect(queued).toMatchObject({ finished: null, startedAt: null, checks: [] });
    expect(queued.notes.at(-1)).toEqual({ at, text: 'Resumed by Max' });
    expect(queued.steps.map((step) => step.state)).toEqual(['committed', 'waiting']);
    add('run.started', { executor: 'e', epoch: 2, firstPosition: 1, total: 2 });
    add('step.started', { position: 1, tag: 't1', attempt: 1 });
    const resumed = buildTimeline([1, 1], events);
    expect(resumed.steps.map((step) => step.state)).toEqual(['committed', 'running']);
  });
});

describe('odd input', () => {
  it.each([
    ['a step that the plan does not have', 7, 0],
    ['a negative step', -1, 0],
    ['a statement that the step does not have', 0, 9],
  ])('passes over %s', (_name, position, index) => {
    const { events, add } = recorder();
    begin(add);
    add('statement.started', { position, index });
    add('statement.finished', { position, index, durationMs: 1, rows: null });
    expect(stepAt(buildTimeline([1], events), 0).statements[0]?.state).toBe('waiting');
  });

  it('never writes into the events', () => {
    const { events, add } = recorder();
    begin(add);
    add('step.started', { position: 0, tag: 't0', attempt: 1 });
    add('lock.waiting', { position: 0, index: 0, blockers: [blocker], queued: 1 });
    add('step.undone', { position: 0, error: lockTimeout, retryInMs: 1 });
    const before = structuredClone(events);
    buildTimeline([1], events);
    buildTimeline([1], events);
    expect(events).toEqual(before);
  });

  it('answers for ten thousand statements', () => {
    const { events, add } = recorder();
    begin(add, 1);
    stepUpToCommitting(add, 0, 10_000);
    add('step.committed', { position: 0, durationMs: 5 });
    const step = stepAt(buildTimeline([10_000], events), 0);
    expect(step.statements.every((statement) => statement.state === 'done')).toBe(true);
  });
});

/** How one attempt at a step goes, in the words of the protocol. */
type Fate =
  | { kind: 'commits'; waits: boolean }
  | { kind: 'retries'; failsAt: number; waits: boolean }
  | { kind: 'fails'; failsAt: number }
  | { kind: 'dies'; failsAt: number }
  | { kind: 'lost'; answer: boolean };

const fate: fc.Arbitrary<Fate> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('commits' as const), waits: fc.boolean() }),
  },
  fc.record({ kind: fc.constant('retries' as const), failsAt: fc.nat(5), waits: fc.boolean() }),
  fc.record({ kind: fc.constant('fails' as const), failsAt: fc.nat(5) }),
  fc.record({ kind: fc.constant('dies' as const), failsAt: fc.nat(5) }),
  fc.record({ kind: fc.constant('lost' as const), answer: fc.boolean() }),
);

/** A list of events as an executor that keeps to the protocol would write it: run, stop, resume, to the end. */
function simulate(counts: number[], fates: Fate[]): RollbackEvent[] {
  const { events, add } = recorder();
  const total = counts.length;
  let position = 0;
  let runs = 0;
  const queue = [...fates];
  add('plan.pinned', { digest: 'd', again: false });
  while (position < total) {
    const resume = runs > 0;
    runs += 1;
    add('run.queued', { runId: runs, by: 'Ona', resume });
    add('preflight.check', { name: 'Right database', ok: true, evidence: 'agentim' });
    add('run.started', { executor: 'e', epoch: runs, firstPosition: position, total });
    let attempt = 1;
    let ended = false;
    while (!ended && position < total) {
      const now = queue.shift() ?? { kind: 'commits', waits: false };
      const statements = counts[position] ?? 0;
      const until = 'failsAt' in now ? Math.min(now.failsAt, Math.max(0, statements - 1)) : -1;
      add('step.started', { position, tag: `t${position}`, attempt });
      if ('waits' in now && now.waits)
        add('lock.waiting', { position, index: null, blockers: [blocker], queued: 1 });
      for (let index = 0; index < statements; index++) {
        add('statement.started', { position, index });
        if (until === index) break;
        if ('waits' in now && now.waits)
          add('lock.waiting', { position, index, blockers: [blocker], queued: 3 });
        add('statement.finished', { position, index, durationMs: 3, rows: index });
      }
      const error = { sqlstate: '55P03', message: 'lock timeout', statementIndex: until };
      const stop = (outcome: 'stopped_clean' | 'nothing_changed') =>
        add('run.finished', { status: 'stopped', outcome, done: position, total, message: '' });
      if (now.kind === 'retries') {
        add('step.undone', { position, error, retryInMs: 500 });
        attempt += 1;
        continue;
      }
      if (now.kind === 'fails') {
        add('step.undone', { position, error, retryInMs: null });
        stop('stopped_clean');
        ended = true;
        continue;
      }
      if (now.kind === 'dies') {
        add('run.reconciled', { message: 'Undone.', position, committed: false });
        stop('stopped_clean');
        ended = true;
        continue;
      }
      if (position === 0) add('fence.raised', { position, headTag: '0032' });
      add('tracking.removed', { position, rowId: 9, hash: 'h', byScript: false });
      add('step.committing', { position, xid: '1' });
      if (now.kind === 'lost') {
        add('step.unknown', { position, message: 'No answer.' });
        add('run.finished', {
          status: 'unknown',
          outcome: 'outcome_unknown',
          done: position,
          total,
          message: '',
        });
        add('run.reconciled', { message: 'Read.', position, committed: now.answer });
        if (now.answer) position += 1;
        if (position < total) stop('stopped_clean');
        ended = true;
        continue;
      }
      add('step.committed', { position, durationMs: 12 });
      add('step.verified', { position, verification: verified, durationMs: 2 });
      position += 1;
      attempt = 1;
    }
  }
  add('run.finished', {
    status: 'succeeded',
    outcome: 'changed_verified',
    done: total,
    total,
    message: '',
  });
  return events;
}

const ACTIVE = ['running', 'lock', 'committing'];

function expectConsistent(timeline: Timeline, counts: number[]) {
  expect(timeline.steps.map((step) => step.statements.length)).toEqual(counts);
  const states = timeline.steps.map((step) => step.state);
  const active = states.filter((state) => ACTIVE.includes(state));
  expect(active.length).toBeLessThanOrEqual(1);
  if (timeline.finished) expect(active).toEqual([]);
  // Committed, then at most one that is not, then none that has begun.
  const done = states.filter((state) => state === 'committed').length;
  expect(states.slice(0, done).every((state) => state === 'committed')).toBe(true);
  expect(states.slice(done + 1).every((state) => state === 'waiting')).toBe(true);
  for (const step of timeline.steps) {
    const running = step.statements.filter((statement) => statement.state === 'running');
    expect(running.length).toBeLessThanOrEqual(1);
    if (!['running', 'lock'].includes(step.state)) expect(running).toEqual([]);
    expect(step.state === 'lock').toBe(step.waitingSince !== null);
    if (step.state === 'lock') expect(step.blockers.length).toBeGreaterThan(0);
    if (step.blockers.length > 0) expect(['lock', 'undone']).toContain(step.state);
    if (step.retryInMs !== null) expect(step.state).toBe('undone');
    if (step.state === 'undone') {
      expect(step.trackingRow).toBeNull();
      expect(step.fenceRaised).toBe(false);
    }
    if (step.state === 'committed') {
      expect(step.error).toBeNull();
      expect(step.statements.every((statement) => statement.state === 'done')).toBe(true);
      expect(step.trackingRow).not.toBeNull();
    }
    if (step.fenceRaised) expect(step.position).toBe(0);
    const firstOpen = step.statements.findIndex((statement) => statement.state !== 'done');
    if (firstOpen >= 0) {
      const later = step.statements.slice(firstOpen + 1);
      expect(later.every((statement) => statement.state === 'waiting')).toBe(true);
    }
  }
}

describe('whatever happens', () => {
  const scenario = fc.record({
    counts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    fates: fc.array(fate, { maxLength: 12 }),
  });

  it('any beginning of a valid event list is a consistent picture', () => {
    fc.assert(
      fc.property(scenario, ({ counts, fates }) => {
        const events = simulate(counts, fates);
        for (let length = 0; length <= events.length; length++) {
          const timeline = buildTimeline(counts, events.slice(0, length));
          expect(timeline.lastEventAt).toBe(events[length - 1]?.at ?? null);
          expectConsistent(timeline, counts);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('the whole list ends with every step committed', () => {
    fc.assert(
      fc.property(scenario, ({ counts, fates }) => {
        const timeline = buildTimeline(counts, simulate(counts, fates));
        expect(timeline.steps.every((step) => step.state === 'committed')).toBe(true);
        expect(timeline.finished?.outcome).toBe('changed_verified');
      }),
    );
  });
});
