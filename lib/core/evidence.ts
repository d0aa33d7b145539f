import type { Attestation, BackupLevel, BackupMethod, TestRestore } from './backup';
import type { SchemaChange } from './catalog';
import type { ReappliedRow } from './events';
import type { PlanChange } from './plan';
import type { Proof } from './proof';

/** Work that the executor does in the background. `interrupted`: its executor died; may be repeated. */
export type JobState = 'queued' | 'running' | 'passed' | 'failed' | 'interrupted';

/** A PostgreSQL error, placed at its statement. */
export interface StatementError {
  sqlstate: string;
  message: string;
  detail?: string;
  hint?: string;
  /** Index of the statement within its step; undefined when the fault was around it (COMMIT, tracking row). */
  statementIndex?: number;
  /** 1-based line in the script. */
  line?: number;
}

export interface RehearsedStatement {
  index: number;
  durationMs: number;
  /** Rows affected, as PostgreSQL's command tag says; null where it says none. */
  rows: number | null;
  /** Table locks that it took beyond what the step held already: 'ACCESS EXCLUSIVE on public.rooms'. */
  locks?: string[];
}

export interface RehearsedStep {
  position: number;
  tag: string;
  durationMs: number;
  statements: RehearsedStatement[];
  /** before → after, of this step alone. */
  changes: SchemaChange[];
  /** Structure fingerprint of the scratch database after this step. */
  fingerprintAfter: string;
  error?: StatementError;
}

/** A number with where it comes from; `null` when nobody could tell in time. */
export interface Amount {
  value: number | null;
  /** True: shown with ≈. */
  estimate: boolean;
  /** 'counted', 'pg_class', 'pg_stats', 'timed out' … */
  source: string;
}

/** One line of the loss ledger: what a dropped or narrowed object holds on the live target. */
export interface LossLine {
  /** Step of the plan. */
  position: number;
  kind: 'table' | 'column' | 'narrowed_column' | 'materialized_view' | 'sequence' | 'rows';
  /** `public.gateways.ephemeral` */
  name: string;
  /** Type of the column, or from → to. */
  type: string | null;
  rows: Amount;
  /** Rows in which the column is not null; null for other kinds. */
  nonNull: Amount | null;
  /**
   * Rows in which it also differs from the column's default; of a narrowed column the values that do not
   * come through the new type.
   */
  differs: Amount | null;
  bytes: Amount;
}

/** What was found on the live target about one statement: what CASCADE takes, rows that would violate. */
export interface LiveFinding {
  position: number;
  /** Index of the statement in its step. */
  statement: number;
  code: 'cascade' | 'violates' | 'no_violation' | 'not_looked';
  severity: 'info' | 'warn' | 'danger';
  message: string;
}

/** Size of a relation that the plan touches, on the live target. */
export interface RelationSize {
  rows: Amount;
  bytes: number;
}

/** The look at the live target, read-only and with a time limit. */
export interface LiveImpact {
  takenAt: string;
  /** By `schema.table`. */
  relations: Record<string, RelationSize>;
  losses: LossLine[];
  findings: LiveFinding[];
  durationMs: number;
  /** Why something could not be looked at; empty when all was. */
  problems: string[];
}

/** The proof of one step's script, as it was when the plan was rehearsed. */
export interface StepProof {
  position: number;
  tag: string;
  proof: Proof;
}

export interface RehearsalResult {
  /** How the scratch database came to the current head: by the files, or as a copy of the live schema. */
  mode: 'replay' | 'clone';
  /** For a clone: why the replay would not do. */
  cloneReason: string | null;
  /** What else is worth knowing of how it was made, as sentences. Left out in older results. */
  remarks?: string[];
  proofs: StepProof[];
  impact: LiveImpact;
  serverVersionNum: number;
  objectsCompared: number;
  /** Structure fingerprint of the scratch database at the current head, before the first step. */
  fingerprintBefore: string;
  /** Live schema against the replay: `before` is what the files say, `after` what the database has. */
  drift: SchemaChange[];
  steps: RehearsedStep[];
  replayMs: number;
  totalMs: number;
}

export interface RehearsalEvidence {
  id: number;
  digest: string;
  state: JobState;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** What it is doing, while it runs. */
  progress: { phase: string; done: number; total: number } | null;
  result: RehearsalResult | null;
  error: string | null;
}

export interface BackupCheck {
  name: string;
  evidence: string;
  ok: boolean;
  durationMs: number;
}

/** How far a backup is. Left out of older ones: rate and time left. */
export interface BackupProgress {
  phase: string;
  bytes: number;
  tablesDone: number;
  tablesTotal: number;
  /** Written per second so far. */
  bytesPerSecond?: number;
  /** Of this phase, estimated; left out while nobody can tell. */
  secondsLeft?: number;
}

export interface BackupEvidence {
  id: number;
  /** `B-0001` */
  label: string;
  state: JobState;
  method: BackupMethod;
  /** What is known of it; null while it is not confirmed. */
  level: BackupLevel | null;
  attestation: Attestation | null;
  /** The newest test restore of it that counts for this rollback. */
  testRestore: TestRestore | null;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** When the dump's snapshot was taken, control database clock. Age counts from here. */
  snapshotAt: string | null;
  expiresAt: string | null;
  takenBy: string;
  /** The account behind `takenBy`: whoever vouched for a backup never confirms it. */
  takenById: string;
  progress: BackupProgress | null;
  /** Who has asked for its end; null while nobody has. */
  cancelRequestedBy: string | null;
  /** Its bytes are gone since. */
  prunedAt: string | null;
  location: string | null;
  /** Its files are stored encrypted; left out where nobody knows. */
  encrypted?: boolean;
  sizeBytes: number | null;
  /** Size of the database when it was dumped. */
  databaseBytes: number | null;
  manifestSha256: string | null;
  /** It was dumped from another schema than the plan was pinned on: something migrated in between. */
  ofAnotherSchema?: boolean;
  toolVersion: string | null;
  checks: BackupCheck[];
  error: string | null;
}

/** Somebody has read one danger of the plan and taken it on. */
export interface Acknowledgement {
  /** The danger's key, see `dangersOf`. */
  key: string;
  digest: string;
  by: { id: string; name: string };
  at: string;
}

/** What the executor knows of a target without a rollback: drift, and how far its proofs are. */
export interface TargetCheck {
  state: JobState;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  progress: { phase: string; done: number; total: number } | null;
  /** Of the whole check; drift may have an error of its own. */
  error: string | null;
  drift: DriftReport | null;
}

export interface DriftReport {
  checkedAt: string;
  /** Head of the replay. */
  headTag: string | null;
  objectsCompared: number;
  /** `before` is what the files say, `after` what the database has. Empty: no drift. */
  changes: SchemaChange[];
  /** Why the files could not be replayed; then `changes` is empty and says nothing. */
  unreplayable: string | null;
}

export interface ApprovalEvidence {
  id: number;
  digest: string;
  decision: 'approved' | 'rejected';
  comment: string;
  by: { id: string; name: string };
  at: string;
  voidedAt: string | null;
}

/** The last comparison of the pinned plan with the files and the live database. */
export interface PlanCheck {
  checkedAt: string;
  changes: PlanChange[];
}

export interface RunEvidence {
  id: number;
  number: number;
  state: 'queued' | 'running' | 'finished';
  requestedBy: { id: string; name: string };
  requestedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  heartbeatAt: string | null;
  stopRequestedBy: string | null;
  cancelRequestedBy: string | null;
  /** The whole chain, or what is left of it, in one transaction. */
  allOrNothing: boolean;
  /** What the scripts destroy is copied to `backstep_rescue` first. */
  rescue: boolean;
}

export type StepStatus = 'pending' | 'running' | 'committing' | 'committed' | 'failed' | 'unknown';

export interface StepEvidence {
  position: number;
  tag: string;
  status: StepStatus;
  /** Parts that are in for good, of a step that can't be one transaction; see `partsOf`. */
  partsDone: number;
  /** A part that was sent alone and of which something half done may stand; see `isInside`. */
  intentPart?: number | null;
  startedAt: string | null;
  finishedAt: string | null;
  error: StatementError | null;
  verification: StepVerification | null;
}

/** The live schema after a step, against what the rehearsal saw. */
export interface StepVerification {
  ok: boolean;
  how: 'fingerprint_equal' | 'changes_equal' | 'different' | 'not_checked';
  expectedFingerprint: string;
  foundFingerprint: string;
  /** `before` is expected, `after` is found. Empty when ok. */
  differences: SchemaChange[];
}

export interface FenceEvidence {
  id: number;
  /** A trigger that refuses, or a watch that only sees. */
  kind: 'trigger' | 'watch';
  /** Why there is only a watch. */
  why: string | null;
  /** The newest migration that images may contain. */
  headTag: string;
  raisedAt: string;
  releaseRequestedAt: string | null;
  releasedAt: string | null;
  releasedBy: string | null;
  /** Why the last attempt to release failed. */
  releaseError: string | null;
  /** Boots of newer images that the trigger has refused, as far as the last look saw. */
  refusals: number;
  lastRefusedAt: string | null;
  /** The last look at the target, and why it failed if it did. */
  lookedAt: string | null;
  lookError: string | null;
  /** Somebody dropped the trigger without Backstep. */
  removedByHandAt: string | null;
  /** Migrations that were undone and are applied again; empty: none. */
  reapplied: ReappliedRow[];
}

/** Data that a script was about to destroy, copied beside it in the same transaction. */
export interface RescueEvidence {
  id: number;
  /** Label of the rollback. */
  rollback: string;
  position: number;
  statementIndex: number;
  kind: 'table' | 'columns' | 'rows';
  /** What was copied: 'column public.gateways.region'. */
  subject: string;
  /** `backstep_rescue.rb_0007_s1_1` */
  copy: string;
  rows: number;
  bytes: number;
  /** A statement that merges the copy back once the column or table is there again. */
  mergeSql: string;
  createdAt: string;
  pruneRequestedAt: string | null;
  prunedAt: string | null;
  pruneError: string | null;
}
