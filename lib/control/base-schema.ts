import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Role } from '@/lib/core/actor';
import type { Attestation, BackupLevel, BackupMethod, TableRows } from '@/lib/core/backup';
import type { EventKind } from '@/lib/core/events';
import type {
  BackupCheck,
  BackupProgress,
  DriftReport,
  PlanCheck,
  RehearsalResult,
  StatementError,
  StepStatus,
  StepVerification,
} from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import type { Proof } from '@/lib/core/proof';
import type { Outcome, RollbackStatus } from '@/lib/core/rollback';
import type { AuditOutcome } from '@/lib/core/views';
import { at, backstep, createdAt, jobColumns } from './columns';

export { backstep } from './columns';

export const users = backstep.table(
  'users',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    email: text('email').notNull(),
    name: text('name').notNull(),
    role: text('role').$type<Role>().notNull(),
    passwordHash: text('password_hash').notNull(),
    disabledAt: at('disabled_at'),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('users_email_key').on(sql`lower(${t.email})`),
    check('users_role_check', sql`${t.role} in ('on_call', 'reviewer', 'auditor', 'admin')`),
  ],
);

export const sessions = backstep.table(
  'sessions',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    createdAt: createdAt(),
    lastSeenAt: at('last_seen_at').notNull().defaultNow(),
    revokedAt: at('revoked_at'),
    userAgent: text('user_agent'),
  },
  (t) => [index('sessions_user_idx').on(t.userId)],
);

export const signInAttempts = backstep.table(
  'sign_in_attempts',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    email: text('email').notNull(),
    at: at('at').notNull().defaultNow(),
    ok: boolean('ok').notNull(),
  },
  (t) => [index('sign_in_attempts_email_at_idx').on(t.email, t.at)],
);

/** Small facts of the installation: the hash of the set-up token and the like. */
export const settings = backstep.table('settings', {
  key: text('key').primaryKey(),
  value: jsonb('value').notNull(),
});

export const executors = backstep.table('executors', {
  id: uuid('id').primaryKey(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  startedAt: at('started_at').notNull().defaultNow(),
  heartbeatAt: at('heartbeat_at').notNull().defaultNow(),
});

export const rollbacks = backstep.table(
  'rollbacks',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    target: text('target').notNull(),
    environment: text('environment').notNull(),
    reason: text('reason').notNull(),
    incident: text('incident'),
    requestedBy: uuid('requested_by')
      .notNull()
      .references(() => users.id),
    status: text('status').$type<RollbackStatus>().notNull().default('draft'),
    outcome: text('outcome').$type<Outcome>(),
    outcomeMessage: text('outcome_message'),
    plan: jsonb('plan').$type<Plan>().notNull(),
    planDigest: text('plan_digest').notNull(),
    planCheck: jsonb('plan_check').$type<PlanCheck>(),
    stepsDone: integer('steps_done').notNull().default(0),
    stepsTotal: integer('steps_total').notNull(),
    eventSeq: integer('event_seq').notNull().default(0),
    approvalRequestedAt: at('approval_requested_at'),
    createdAt: createdAt(),
  },
  (t) => [
    index('rollbacks_target_status_idx').on(t.target, t.status),
    uniqueIndex('rollbacks_one_running_per_target')
      .on(t.target)
      .where(sql`${t.status} in ('running', 'unknown')`),
    check(
      'rollbacks_status_check',
      sql`${t.status} in ('draft', 'awaiting_approval', 'approved', 'running', 'succeeded', 'stopped', 'unknown', 'rejected', 'cancelled', 'expired')`,
    ),
    check('rollbacks_steps_check', sql`${t.stepsDone} between 0 and ${t.stepsTotal}`),
    check('rollbacks_reason_check', sql`length(trim(${t.reason})) > 0`),
  ],
);

export const rollbackSteps = backstep.table(
  'rollback_steps',
  {
    rollbackId: integer('rollback_id')
      .notNull()
      .references(() => rollbacks.id),
    position: integer('position').notNull(),
    tag: text('tag').notNull(),
    status: text('status').$type<StepStatus>().notNull().default('pending'),
    /** Transaction id on the target, written before COMMIT is sent: it answers what became of it. */
    xid: text('xid'),
    /** Parts that are in for good, see `partsOf`. Moves only forward. */
    partsDone: integer('parts_done').notNull().default(0),
    /** The part whose outcome must be asked for when nobody saw it: written before it is sent. */
    intentPart: integer('intent_part'),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
    error: jsonb('error').$type<StatementError>(),
    verification: jsonb('verification').$type<StepVerification>(),
  },
  (t) => [
    primaryKey({ columns: [t.rollbackId, t.position] }),
    check(
      'rollback_steps_status_check',
      sql`${t.status} in ('pending', 'running', 'committing', 'committed', 'failed', 'unknown')`,
    ),
  ],
);

export const rehearsals = backstep.table(
  'rehearsals',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    rollbackId: integer('rollback_id')
      .notNull()
      .references(() => rollbacks.id),
    digest: text('digest').notNull(),
    ...jobColumns,
    progress: jsonb('progress').$type<{ phase: string; done: number; total: number }>(),
    result: jsonb('result').$type<RehearsalResult>(),
  },
  (t) => [
    index('rehearsals_rollback_idx').on(t.rollbackId, t.id),
    check(
      'rehearsals_state_check',
      sql`${t.state} in ('queued', 'running', 'passed', 'failed', 'interrupted')`,
    ),
  ],
);

/** What a backup says about the database that it was taken from. */
export interface BackupManifest {
  format: 'backstep-manifest-1';
  target: string;
  database: { systemIdentifier: string; name: string; serverVersionNum: number };
  head: string | null;
  trackingRows: number;
  schemaFingerprint: string;
  tool: string;
  files: { path: string; bytes: number; sha256: string }[];
  /** Rows of each table in the dump's snapshot. Left out in older manifests. */
  rows?: TableRows[];
  /**
   * Row changes of each table so far, as the server's statistics counted them when the snapshot was
   * taken: what was written since is the difference. Left out in older manifests.
   */
  activity?: { statsReset: string | null; tables: { table: string; changes: number }[] };
  /** Extensions with their versions. Left out in older manifests. */
  extensions?: { name: string; version: string }[];
}

/** A file of a backup as it is stored: encrypted, or as an object with its ETag. */
export interface StoredFile {
  path: string;
  bytes: number;
  sha256: string;
  etag?: string;
}

export const backups = backstep.table(
  'backups',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    /** The rollback that it was taken for; null when it was taken for the target alone. */
    rollbackId: integer('rollback_id').references(() => rollbacks.id),
    target: text('target').notNull(),
    method: text('method').$type<BackupMethod>().notNull(),
    /** What is known of its bytes; a test restore says more. */
    level: text('level').$type<Exclude<BackupLevel, 'restored'>>(),
    ...jobColumns,
    progress: jsonb('progress').$type<BackupProgress>(),
    takenBy: uuid('taken_by')
      .notNull()
      .references(() => users.id),
    snapshotAt: at('snapshot_at'),
    location: text('location'),
    sizeBytes: bigint('size_bytes', { mode: 'number' }),
    databaseBytes: bigint('database_bytes', { mode: 'number' }),
    manifest: jsonb('manifest').$type<BackupManifest>(),
    manifestSha256: text('manifest_sha256'),
    /** Null: the manifest's files lie at the location as they are. */
    stored: jsonb('stored').$type<StoredFile[]>(),
    checks: jsonb('checks').$type<BackupCheck[]>().notNull().default([]),
    attestation: jsonb('attestation').$type<Omit<Attestation, 'confirmedBy' | 'confirmedAt'>>(),
    /** The second person of an attested backup. */
    confirmedBy: uuid('confirmed_by').references(() => users.id),
    confirmedAt: at('confirmed_at'),
    cancelRequestedBy: uuid('cancel_requested_by').references(() => users.id),
    /** Its bytes are gone since; the row stays. */
    prunedAt: at('pruned_at'),
    pruneReason: text('prune_reason'),
  },
  (t) => [
    index('backups_rollback_idx').on(t.rollbackId, t.id),
    index('backups_target_idx').on(t.target, t.id),
    check('backups_method_check', sql`${t.method} in ('pg_dump', 'command', 'attested')`),
    check('backups_level_check', sql`${t.level} in ('vouched', 'read')`),
    check(
      'backups_state_check',
      sql`${t.state} in ('queued', 'running', 'passed', 'failed', 'interrupted')`,
    ),
    check(
      'backups_confirmed_check',
      sql`${t.state} <> 'passed' or (${t.snapshotAt} is not null and ${t.level} is not null and ${t.location} is not null and (${t.method} <> 'pg_dump' or (${t.manifest} is not null and ${t.manifestSha256} is not null)))`,
    ),
  ],
);

/** One danger of a plan that a person has read and taken on. */
export const acknowledgements = backstep.table(
  'acknowledgements',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    rollbackId: integer('rollback_id')
      .notNull()
      .references(() => rollbacks.id),
    digest: text('digest').notNull(),
    key: text('key').notNull(),
    acknowledgedBy: uuid('acknowledged_by')
      .notNull()
      .references(() => users.id),
    at: at('at').notNull().defaultNow(),
  },
  (t) => [uniqueIndex('acknowledgements_once').on(t.rollbackId, t.digest, t.key)],
);

/** Round trips by the hash of everything that they depend on (`proofKey`): each is made once. */
export const proofs = backstep.table('proofs', {
  key: text('key').primaryKey(),
  tag: text('tag').notNull(),
  script: text('script').notNull(),
  proof: jsonb('proof').$type<Proof>().notNull(),
  provedAt: at('proved_at').notNull().defaultNow(),
});

/** Looks at a target without a rollback: drift, and the proofs of its scripts. The newest one counts. */
export const targetChecks = backstep.table(
  'target_checks',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    target: text('target').notNull(),
    /** Hash of what was looked at: files, rows, scripts. Another one asks for another check. */
    content: text('content'),
    ...jobColumns,
    progress: jsonb('progress').$type<{ phase: string; done: number; total: number }>(),
    drift: jsonb('drift').$type<DriftReport>(),
  },
  (t) => [
    index('target_checks_target_idx').on(t.target, t.id),
    uniqueIndex('target_checks_one_open')
      .on(t.target)
      .where(sql`${t.state} in ('queued', 'running')`),
    check(
      'target_checks_state_check',
      sql`${t.state} in ('queued', 'running', 'passed', 'failed', 'interrupted')`,
    ),
  ],
);

export const approvals = backstep.table(
  'approvals',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    rollbackId: integer('rollback_id')
      .notNull()
      .references(() => rollbacks.id),
    digest: text('digest').notNull(),
    decision: text('decision').$type<'approved' | 'rejected'>().notNull(),
    comment: text('comment').notNull(),
    decidedBy: uuid('decided_by')
      .notNull()
      .references(() => users.id),
    at: at('at').notNull().defaultNow(),
    voidedAt: at('voided_at'),
    voidReason: text('void_reason'),
  },
  (t) => [
    index('approvals_rollback_idx').on(t.rollbackId, t.id),
    check('approvals_decision_check', sql`${t.decision} in ('approved', 'rejected')`),
  ],
);

export const runs = backstep.table(
  'runs',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    rollbackId: integer('rollback_id')
      .notNull()
      .references(() => rollbacks.id),
    /** 1 for the first run of a rollback, 2 for its first resume. */
    number: integer('number').notNull(),
    state: text('state').$type<'queued' | 'running' | 'finished'>().notNull().default('queued'),
    /** Rises with every owner; a former owner's epoch writes nothing any more. */
    epoch: integer('epoch').notNull().default(0),
    executorId: uuid('executor_id'),
    heartbeatAt: at('heartbeat_at'),
    requestedBy: uuid('requested_by')
      .notNull()
      .references(() => users.id),
    requestedAt: at('requested_at').notNull().defaultNow(),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
    stopRequestedBy: uuid('stop_requested_by').references(() => users.id),
    cancelRequestedBy: uuid('cancel_requested_by').references(() => users.id),
    allOrNothing: boolean('all_or_nothing').notNull().default(false),
    rescue: boolean('rescue').notNull().default(false),
  },
  (t) => [
    uniqueIndex('runs_rollback_number_key').on(t.rollbackId, t.number),
    uniqueIndex('runs_one_open_per_rollback').on(t.rollbackId).where(sql`${t.state} <> 'finished'`),
    check('runs_state_check', sql`${t.state} in ('queued', 'running', 'finished')`),
  ],
);

export const rollbackEvents = backstep.table(
  'rollback_events',
  {
    rollbackId: integer('rollback_id')
      .notNull()
      .references(() => rollbacks.id),
    seq: integer('seq').notNull(),
    runId: integer('run_id').references(() => runs.id),
    kind: text('kind').$type<EventKind>().notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    at: at('at').notNull().default(sql`clock_timestamp()`),
  },
  (t) => [primaryKey({ columns: [t.rollbackId, t.seq] })],
);

/** Copies on targets of what scripts were about to destroy. */
export const rescues = backstep.table(
  'rescues',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    rollbackId: integer('rollback_id')
      .notNull()
      .references(() => rollbacks.id),
    target: text('target').notNull(),
    position: integer('position').notNull(),
    statementIndex: integer('statement_index').notNull(),
    kind: text('kind').$type<'table' | 'columns' | 'rows'>().notNull(),
    subject: text('subject').notNull(),
    copy: text('copy').notNull(),
    rows: bigint('rows', { mode: 'number' }).notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    mergeSql: text('merge_sql').notNull(),
    createdAt: createdAt(),
    pruneRequestedAt: at('prune_requested_at'),
    pruneRequestedBy: uuid('prune_requested_by').references(() => users.id),
    prunedAt: at('pruned_at'),
    pruneError: text('prune_error'),
  },
  (t) => [
    uniqueIndex('rescues_copy_key').on(t.target, t.copy).where(sql`${t.prunedAt} is null`),
    index('rescues_rollback_idx').on(t.rollbackId),
    check('rescues_kind_check', sql`${t.kind} in ('table', 'columns', 'rows')`),
  ],
);

export const auditLog = backstep.table(
  'audit_log',
  {
    /** Written by the appending transaction under a lock: gapless, so that a deletion shows. */
    seq: bigint('seq', { mode: 'number' }).primaryKey(),
    at: at('at').notNull(),
    actorId: text('actor_id').notNull(),
    actorName: text('actor_name').notNull(),
    actorRole: text('actor_role').$type<Role | 'system' | 'anonymous'>().notNull(),
    action: text('action').notNull(),
    subject: text('subject'),
    target: text('target'),
    outcome: text('outcome').$type<AuditOutcome>().notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    requestId: text('request_id').notNull(),
    prevHash: text('prev_hash').notNull(),
    hash: text('hash').notNull(),
  },
  (t) => [
    index('audit_log_at_idx').on(t.at),
    index('audit_log_subject_idx').on(t.subject),
    index('audit_log_target_idx').on(t.target),
    check('audit_log_outcome_check', sql`${t.outcome} in ('done', 'refused', 'failed', 'unknown')`),
  ],
);
