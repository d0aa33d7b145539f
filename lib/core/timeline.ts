import type { Blocker, RollbackEvent } from './events';
import type { StatementError, StepVerification } from './evidence';
import type { Outcome } from './rollback';

export type TimelineState =
  | 'waiting'
  | 'running'
  | 'lock'
  | 'committing'
  | 'committed'
  | 'undone'
  | 'unknown';

export interface TimelineStatement {
  index: number;
  state: 'waiting' | 'running' | 'done' | 'failed';
  startedAt: string | null;
  durationMs: number | null;
  rows: number | null;
}

export interface TimelineStep {
  position: number;
  state: TimelineState;
  attempt: number;
  startedAt: string | null;
  durationMs: number | null;
  statements: TimelineStatement[];
  blockers: Blocker[];
  queuedBehind: number;
  /** Since when it waits for a lock; null when it does not wait. */
  waitingSince: string | null;
  /** Statement that waits; null when the wait is for the tracking table itself, or there is none. */
  waitingIndex: number | null;
  trackingRow: { rowId: number; hash: string; byScript: boolean } | null;
  fenceRaised: boolean;
  settingsReset: string[];
  verification: StepVerification | null;
  verifyMs: number | null;
  error: StatementError | null;
  retryInMs: number | null;
  /** When the retry was announced; with `retryInMs` it gives the time that is left. */
  undoneAt: string | null;
}

export interface Timeline {
  runId: number | null;
  checks: { name: string; ok: boolean; evidence: string }[];
  steps: TimelineStep[];
  startedAt: string | null;
  finished: { at: string; outcome: Outcome; done: number; total: number; message: string } | null;
  notes: { at: string; text: string }[];
  lastEventAt: string | null;
}

const blank = (position: number, statements: number): TimelineStep => ({
  position,
  state: 'waiting',
  attempt: 0,
  startedAt: null,
  durationMs: null,
  statements: Array.from({ length: statements }, (_, index) => ({
    index,
    state: 'waiting',
    startedAt: null,
    durationMs: null,
    rows: null,
  })),
  blockers: [],
  queuedBehind: 0,
  waitingSince: null,
  waitingIndex: null,
  trackingRow: null,
  fenceRaised: false,
  settingsReset: [],
  verification: null,
  verifyMs: null,
  error: null,
  retryInMs: null,
  undoneAt: null,
});

/**
 * The run as a picture, from its events alone: a reload or a second tab shows the same.
 * @param statementCounts number of statements of each step, in run order
 * @param events all events of the rollback, ascending by `seq`
 */
export function buildTimeline(statementCounts: number[], events: RollbackEvent[]): Timeline {
  const steps = statementCounts.map((count, position) => blank(position, count));
  const timeline: Timeline = {
    runId: null,
    checks: [],
    steps,
    startedAt: null,
    finished: null,
    notes: [],
    lastEventAt: events.at(-1)?.at ?? null,
  };
  for (const event of events) apply(timeline, event, statementCounts);
  return timeline;
}

function apply(timeline: Timeline, event: RollbackEvent, counts: number[]): void {
  const at = event.at;
  switch (event.kind) {
    case 'run.queued':
      timeline.runId = event.runId;
      timeline.checks = [];
      timeline.finished = null;
      timeline.startedAt = null;
      if (event.payload.resume) timeline.notes.push({ at, text: `Resumed by ${event.payload.by}` });
      break;
    case 'run.started':
      timeline.startedAt = at;
      break;
    case 'run.stop_requested':
      timeline.notes.push({ at, text: `${event.payload.by} asked to stop after this step` });
      break;
    case 'run.cancel_requested':
      timeline.notes.push({ at, text: `${event.payload.by} cancelled the step` });
      break;
    case 'run.reconciled':
      timeline.notes.push({ at, text: event.payload.message });
      reconcile(timeline, event);
      break;
    case 'run.finished':
      timeline.finished = {
        at,
        outcome: event.payload.outcome,
        done: event.payload.done,
        total: event.payload.total,
        message: event.payload.message,
      };
      settleRunning(timeline, event.payload.outcome === 'outcome_unknown');
      break;
    case 'preflight.check':
      timeline.checks.push({ ...event.payload });
      break;
    default:
      applyToStep(timeline, event, counts);
  }
}

function applyToStep(timeline: Timeline, event: RollbackEvent, counts: number[]): void {
  const payload = event.payload as { position?: unknown };
  if (typeof payload.position !== 'number') return;
  const step = timeline.steps[payload.position];
  if (!step) return;
  switch (event.kind) {
    case 'step.started': {
      const fresh = blank(step.position, counts[step.position] ?? 0);
      Object.assign(step, fresh, {
        state: 'running',
        attempt: event.payload.attempt,
        startedAt: event.at,
      });
      break;
    }
    case 'statement.started': {
      const statement = step.statements[event.payload.index];
      if (statement) Object.assign(statement, { state: 'running', startedAt: event.at });
      step.state = 'running';
      stopWaiting(step);
      break;
    }
    case 'statement.finished': {
      const statement = step.statements[event.payload.index];
      const { durationMs, rows } = event.payload;
      if (statement) Object.assign(statement, { state: 'done', durationMs, rows });
      step.state = 'running';
      stopWaiting(step);
      break;
    }
    case 'lock.waiting': {
      const since = step.state === 'lock' ? step.waitingSince : event.at;
      stopWaiting(step);
      step.state = 'running';
      if (event.payload.blockers.length === 0) break;
      Object.assign(step, {
        state: 'lock',
        blockers: event.payload.blockers,
        queuedBehind: event.payload.queued,
        waitingSince: since,
        waitingIndex: event.payload.index,
      });
      break;
    }
    case 'setting.reset':
      step.settingsReset = event.payload.names;
      break;
    case 'tracking.removed':
      step.trackingRow = {
        rowId: event.payload.rowId,
        hash: event.payload.hash,
        byScript: event.payload.byScript,
      };
      break;
    case 'fence.raised':
      step.fenceRaised = true;
      break;
    case 'step.committing':
      step.state = 'committing';
      stopWaiting(step);
      break;
    case 'step.committed':
      step.state = 'committed';
      step.durationMs = event.payload.durationMs;
      break;
    case 'step.verified':
      step.verification = event.payload.verification;
      step.verifyMs = event.payload.durationMs;
      break;
    case 'step.undone': {
      const failed = step.statements[event.payload.error.statementIndex ?? -1];
      if (failed) failed.state = 'failed';
      // The blockers stay: whoever reads the error wants to know who held the lock.
      const { blockers } = step;
      settle(step, 'undone');
      step.blockers = blockers;
      step.error = event.payload.error;
      step.retryInMs = event.payload.retryInMs;
      step.undoneAt = event.at;
      break;
    }
    case 'step.unknown':
      settle(step, 'unknown');
      break;
  }
}

function stopWaiting(step: TimelineStep): void {
  step.blockers = [];
  step.queuedBehind = 0;
  step.waitingSince = null;
  step.waitingIndex = null;
}

/** Ends a step in mid-air. What its transaction did is gone (`undone`) or undecided (`unknown`). */
function settle(step: TimelineStep, state: 'undone' | 'unknown'): void {
  step.state = state;
  stopWaiting(step);
  for (const statement of step.statements) {
    if (statement.state === 'running') statement.state = 'failed';
  }
  if (state === 'undone') {
    step.fenceRaised = false;
    step.trackingRow = null;
  }
}

function reconcile(
  timeline: Timeline,
  event: Extract<RollbackEvent, { kind: 'run.reconciled' }>,
): void {
  const { position, committed } = event.payload;
  const step = position === null ? undefined : timeline.steps[position];
  if (!step || committed === null) return;
  if (committed) {
    stopWaiting(step);
    step.state = 'committed';
    step.error = null;
    step.retryInMs = null;
    for (const statement of step.statements) statement.state = 'done';
  } else {
    Object.assign(step, blank(step.position, step.statements.length), {
      state: 'undone',
      attempt: step.attempt,
      undoneAt: event.at,
    });
  }
}

/** After the end nothing is left spinning. */
function settleRunning(timeline: Timeline, unknown: boolean): void {
  for (const step of timeline.steps) {
    if (step.state === 'running' || step.state === 'lock' || step.state === 'committing') {
      settle(step, unknown ? 'unknown' : 'undone');
    }
    // A retry that was announced will not come any more.
    step.retryInMs = null;
  }
}
