import type { Blocker, RollbackEvent } from './events';
import type { StatementError, StepVerification } from './evidence';
import type { Outcome } from './rollback';

export type TimelineState =
  | 'waiting'
  | 'running'
  | 'lock'
  /** Run and compared inside the one transaction of the chain; nothing is in yet. */
  | 'ready'
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
  /** In for good before its step is: its part has been committed. */
  kept: boolean;
  /** What the catalog said of it, where nobody saw its answer. */
  probed: { found: 'done' | 'not_done' | 'unfinished'; message: string } | null;
  /** Its intent is written down and its end is not known yet. */
  intent: boolean;
}

/** What was copied to the rescue schema before a statement destroyed it. */
export interface TimelineRescue {
  index: number;
  subject: string;
  copy: string;
  rows: number;
  bytes: number;
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
  /** When the blockers were last looked at: their ages are those of then. Null when it does not wait. */
  blockersAt: string | null;
  /** Since when it waits for a lock; null when it does not wait. */
  waitingSince: string | null;
  /** Statement that waits; null when the wait is for the tracking table itself, or there is none. */
  waitingIndex: number | null;
  /**
   * Who was in the way at the try before, while the step is tried again: somebody who is about to end a
   * session must not lose sight of it each time. Null when there was no such try.
   */
  before: { blockers: Blocker[]; at: string; index: number | null } | null;
  trackingRow: { rowId: number; hash: string; byScript: boolean } | null;
  fenceRaised: boolean;
  /** Parts that are in for good, of a step that can't be one transaction. */
  partsDone: number;
  partsTotal: number | null;
  rescues: TimelineRescue[];
  /** What is destroyed without a copy, and why. */
  rescueMissed: { index: number; message: string }[];
  settingsReset: string[];
  verification: StepVerification | null;
  verifyMs: number | null;
  error: StatementError | null;
  retryInMs: number | null;
  /** When the retry was announced; with `retryInMs` it gives the time that is left. */
  undoneAt: string | null;
}

/** A session that somebody has asked to end, because it stood in the way. */
export interface TimelineTermination {
  pid: number;
  state: 'requested' | 'terminated' | 'failed';
  at: string;
  /** Who asked; of a failure, why. */
  text: string;
}

export interface Timeline {
  runId: number | null;
  /** The chain, or what was left of it, in one transaction. */
  allOrNothing: boolean;
  rescue: boolean;
  terminations: TimelineTermination[];
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
    kept: false,
    probed: null,
    intent: false,
  })),
  blockers: [],
  queuedBehind: 0,
  blockersAt: null,
  waitingSince: null,
  waitingIndex: null,
  before: null,
  trackingRow: null,
  fenceRaised: false,
  partsDone: 0,
  partsTotal: null,
  rescues: [],
  rescueMissed: [],
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
    allOrNothing: false,
    rescue: false,
    terminations: [],
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
      timeline.allOrNothing = event.payload.allOrNothing === true;
      timeline.rescue = event.payload.rescue === true;
      timeline.terminations = [];
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
    case 'watch.started':
      timeline.notes.push({
        at,
        text: `No fence: ${event.payload.why} The tracking table is watched.`,
      });
      break;
    case 'blocker.terminate_requested': {
      const { pid, by } = event.payload;
      terminate(timeline, {
        pid,
        at,
        state: 'requested',
        text: `${by} asked to end session ${pid}`,
      });
      break;
    }
    case 'blocker.terminated': {
      const { pid, by } = event.payload;
      terminate(timeline, {
        pid,
        at,
        state: 'terminated',
        text: `Session ${pid} was ended, as ${by} asked`,
      });
      break;
    }
    case 'blocker.terminate_failed': {
      const { pid, message } = event.payload;
      terminate(timeline, { pid, at, state: 'failed', text: message });
      break;
    }
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
      Object.assign(step, again(step, counts[step.position] ?? 0), {
        before: event.payload.attempt > 1 ? step.before : null,
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
      if (statement) Object.assign(statement, { state: 'done', durationMs, rows, intent: false });
      // What stood still at the try before has gone through.
      if (step.before && event.payload.index >= (step.before.index ?? 0)) step.before = null;
      step.state = 'running';
      stopWaiting(step);
      break;
    }
    case 'statement.intent': {
      const statement = step.statements[event.payload.index];
      if (statement) statement.intent = true;
      break;
    }
    case 'statement.probed': {
      const { index, found, message } = event.payload;
      const statement = step.statements[index];
      if (!statement) break;
      Object.assign(statement, { probed: { found, message }, intent: false });
      if (found === 'done') Object.assign(statement, { state: 'done', kept: true });
      break;
    }
    case 'part.committed': {
      step.partsDone = Math.max(step.partsDone, event.payload.part + 1);
      step.partsTotal = event.payload.parts;
      for (const statement of step.statements) {
        if (statement.state === 'done') statement.kept = true;
      }
      break;
    }
    case 'rescue.copied': {
      const { position: _, ...copy } = event.payload;
      // Several statements may go on with one copy; the newest word on it counts.
      step.rescues = [...step.rescues.filter((known) => known.copy !== copy.copy), copy];
      break;
    }
    case 'rescue.missed':
      step.rescueMissed.push({ index: event.payload.index, message: event.payload.message });
      break;
    case 'step.ready':
      step.state = 'ready';
      step.before = null;
      step.durationMs = event.payload.durationMs;
      step.verification = event.payload.verification;
      stopWaiting(step);
      break;
    case 'lock.waiting': {
      const since = step.state === 'lock' ? step.waitingSince : event.at;
      stopWaiting(step);
      step.state = 'running';
      if (event.payload.blockers.length === 0) break;
      Object.assign(step, {
        state: 'lock',
        blockers: event.payload.blockers,
        queuedBehind: event.payload.queued,
        blockersAt: event.at,
        waitingSince: since,
        waitingIndex: event.payload.index,
        before: {
          blockers: event.payload.blockers,
          at: event.at,
          index: event.payload.index,
        },
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
      step.before = null;
      stopWaiting(step);
      break;
    case 'step.committed':
      step.state = 'committed';
      step.durationMs = event.payload.durationMs;
      for (const statement of step.statements)
        Object.assign(statement, { kept: true, intent: false });
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
      if (step.retryInMs === null) step.before = null;
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
  step.blockersAt = null;
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
    // What an earlier part has committed stays: the fence comes with the first one.
    if (step.partsDone === 0) step.fenceRaised = false;
    step.trackingRow = null;
    step.verification = null;
    step.rescues = step.rescues.filter(({ index }) => step.statements[index]?.kept === true);
  }
}

/** A step that begins again. What is in for good is not begun again. */
function again(step: TimelineStep, statements: number): TimelineStep {
  const fresh = blank(step.position, statements);
  if (step.partsDone === 0) return fresh;
  return {
    ...fresh,
    partsDone: step.partsDone,
    partsTotal: step.partsTotal,
    fenceRaised: step.fenceRaised,
    rescues: step.rescues,
    statements: fresh.statements.map((statement, index) => {
      const before = step.statements[index];
      return before?.kept ? before : statement;
    }),
  };
}

function terminate(timeline: Timeline, termination: TimelineTermination): void {
  const { pid, at, text } = termination;
  timeline.terminations = [
    ...timeline.terminations.filter((known) => known.pid !== pid),
    termination,
  ];
  timeline.notes.push({ at, text });
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
    for (const statement of step.statements) {
      Object.assign(statement, { state: 'done', kept: true, intent: false });
    }
  } else {
    Object.assign(step, again(step, step.statements.length), {
      state: 'undone',
      attempt: step.attempt,
      undoneAt: event.at,
    });
  }
}

/** After the end nothing is left spinning. */
function settleRunning(timeline: Timeline, unknown: boolean): void {
  for (const step of timeline.steps) {
    // A question that was open has been answered when the end is known.
    const open = ['running', 'lock', 'ready', 'committing', ...(unknown ? [] : ['unknown'])];
    if (open.includes(step.state)) {
      settle(step, unknown ? 'unknown' : 'undone');
    }
    // A retry that was announced will not come any more.
    step.retryInMs = null;
  }
}
