import type { BackupProgress, StatementError, StepVerification } from './evidence';
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
  /** When the session began: with the pid it names the session, as pids are used again. Absent in older events. */
  backendStart?: string;
  /** How long it has been in this state. */
  stateAgeMs?: number;
  /** Host of its client; null for a local socket. */
  client?: string | null;
  /** What it holds that we wait for: 'ACCESS SHARE on public.gateways'. */
  holds?: string[];
}

/** A migration that was undone and is applied again. */
export interface ReappliedRow {
  /** Its tag, where the plan knows the hash. */
  tag: string | null;
  hash: string;
  createdAt: string;
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
  'backup.progress': { backupId: number } & BackupProgress;
  'backup.cancel_requested': { backupId: number; by: string };
  'backup.finished': { backupId: number; ok: boolean; message: string };
  'test_restore.queued': { testRestoreId: number; backupId: number };
  'test_restore.progress': { testRestoreId: number; phase: string; done: number; total: number };
  'test_restore.finished': {
    testRestoreId: number;
    backupId: number;
    ok: boolean;
    message: string;
  };
  /** A second person has confirmed a backup that another vouched for. */
  'backup.attestation_confirmed': { backupId: number; by: string };
  'approval.decided': { decision: 'approved' | 'rejected'; by: string };
  'run.queued': {
    runId: number;
    by: string;
    resume: boolean;
    /** The whole chain in one transaction. Absent in older events. */
    allOrNothing?: boolean;
    /** What the scripts destroy is copied first. */
    rescue?: boolean;
  };
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
  /** One part of a step that can't be one transaction is in for good. */
  'part.committed': { position: number; part: number; parts: number; durationMs: number };
  /** Written before a statement is sent that no transaction can take back. */
  'statement.intent': { position: number; index: number };
  /** What the catalog says of such a statement whose outcome was not seen. */
  'statement.probed': {
    position: number;
    index: number;
    found: 'done' | 'not_done' | 'unfinished';
    message: string;
  };
  'rescue.copied': {
    position: number;
    index: number;
    /** What was copied: 'column public.gateways.region'. */
    subject: string;
    /** The copy: 'backstep_rescue.rb_0007_s1_1'. */
    copy: string;
    rows: number;
    bytes: number;
  };
  /** Something that a statement may destroy is not copied, and why. */
  'rescue.missed': { position: number; index: number; message: string };
  /** All statements of a step have run inside the one transaction of the chain; nothing is in yet. */
  'step.ready': { position: number; durationMs: number; verification: StepVerification };
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
  /** The trigger refused a booting image: how often since the last look, and in all. */
  'fence.refused': { count: number; total: number };
  /** The trigger is gone, and nobody released it in Backstep. */
  'fence.removed_by_hand': { message: string };
  /** No trigger stands guard; the tracking table is looked at every few seconds instead. */
  'watch.started': { headTag: string; why: string };
  'watch.ended': { by: string };
  /** What was undone has been applied again. */
  'migration.reapplied': { rows: ReappliedRow[]; message: string };
  'blocker.terminate_requested': { pid: number; applicationName: string; by: string };
  'blocker.terminated': { pid: number; applicationName: string; by: string };
  'blocker.terminate_failed': { pid: number; message: string };
  'rescue.prune_requested': { by: string };
  'rescue.pruned': { copies: string[]; by: string };
  'rescue.prune_failed': { message: string };
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
