import type { SchemaChange } from './catalog';
import type { PlanChange } from './plan';

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

export interface RehearsalResult {
  /** How the scratch database came to the current head. */
  mode: 'replay';
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

export interface BackupEvidence {
  id: number;
  /** `B-0001` */
  label: string;
  state: JobState;
  method: 'pg_dump';
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** When the dump's snapshot was taken, control database clock. Age counts from here. */
  snapshotAt: string | null;
  expiresAt: string | null;
  takenBy: string;
  progress: {
    phase: string;
    bytes: number;
    tablesDone: number;
    tablesTotal: number;
  } | null;
  location: string | null;
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
}

export type StepStatus = 'pending' | 'running' | 'committing' | 'committed' | 'failed' | 'unknown';

export interface StepEvidence {
  position: number;
  tag: string;
  status: StepStatus;
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
  /** The newest migration that images may contain. */
  headTag: string;
  raisedAt: string;
  releaseRequestedAt: string | null;
  releasedAt: string | null;
  releasedBy: string | null;
  /** Why the last attempt to release failed. */
  releaseError: string | null;
}
