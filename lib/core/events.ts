import type { StatementError, StepVerification } from './evidence';
import type { PlanChange } from './plan';
import type { Outcome, RollbackStatus } from './rollback';

/** A session that stands in our way. */
export interface Blocker {
  pid: number;
  applicationName: string;
  user: string;
  state: string;
  query: string;
  /** Age of its transaction. */
  transactionAgeMs: number;
}

/** What happens to a rollback, in the order of its sequence number. */
export interface EventPayloads {
  'plan.pinned': { digest: string; again: boolean };
  'plan.changed': { changes: PlanChange[] };
  'status.changed': { from: RollbackStatus; to: RollbackStatus; why: string };
  'rehearsal.queued': { rehearsalId: number };
  'rehearsal.progress': { rehearsalId: number; phase: string; done: number; total: number };
  'rehearsal.finished': { rehearsalId: number; ok: boolean; message: string };
  'danger.acknowledged': { key: string; title: string; by: string };
  'backup.queued': { backupId: number };
  'backup.progress': {
    backupId: number;
    phase: string;
    bytes: number;
    tablesDone: number;
    tablesTotal: number;
  };
  'backup.finished': { backupId: number; ok: boolean; message: string };
  'approval.decided': { decision: 'approved' | 'rejected'; by: string };
  'run.queued': { runId: number; by: string; resume: boolean };
  'run.started': { executor: string; epoch: number; firstPosition: number; total: number };
  'run.stop_requested': { by: string };
  'run.cancel_requested': { by: string };
  'preflight.check': { name: string; ok: boolean; evidence: string };
  'step.started': { position: number; tag: string; attempt: number };
  'statement.started': { position: number; index: number };
  'statement.finished': {
    position: number;
    index: number;
    durationMs: number;
    rows: number | null;
  };
  'lock.waiting': { position: number; index: number | null; blockers: Blocker[]; queued: number };
  'setting.reset': { position: number; names: string[] };
  'tracking.removed': { position: number; rowId: number; hash: string; byScript: boolean };
  'fence.raised': { position: number; headTag: string };
  'step.committing': { position: number; xid: string };
  'step.committed': { position: number; durationMs: number };
  'step.verified': { position: number; verification: StepVerification; durationMs: number };
  'step.undone': { position: number; error: StatementError; retryInMs: number | null };
  'step.unknown': { position: number; message: string };
  'run.reconciled': { message: string; position: number | null; committed: boolean | null };
  'run.finished': {
    status: 'succeeded' | 'stopped' | 'unknown';
    outcome: Outcome;
    done: number;
    total: number;
    message: string;
  };
  'fence.release_requested': { by: string };
  'fence.released': { by: string };
  'fence.release_failed': { message: string };
}

export type EventKind = keyof EventPayloads;

export type RollbackEvent = {
  [K in EventKind]: {
    /** 1, 2, 3 … without gap within one rollback. */
    seq: number;
    at: string;
    runId: number | null;
    kind: K;
    payload: EventPayloads[K];
  };
}[EventKind];
