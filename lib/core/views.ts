import type { Role } from './actor';
import type {
  ApprovalEvidence,
  BackupEvidence,
  FenceEvidence,
  PlanCheck,
  RehearsalEvidence,
  RunEvidence,
  StepEvidence,
} from './evidence';
import type { Gates } from './gates';
import type { ListProblem, MigrationState } from './migration';
import type { Plan, PlanRefusal } from './plan';
import type { Environment, Policy, Release } from './policy';
import type { Outcome, RollbackStatus } from './rollback';

/** How a migration's cell looks in the coverage strip. */
export type Coverage = 'present' | 'missing' | 'unusable' | 'foundational' | 'pending';

export interface OpenRollback {
  label: string;
  status: RollbackStatus;
  fromNumber: string;
  toNumber: string;
  requestedBy: string;
  incident: string | null;
}

/** A target as the list shows it. Either it was read, or `error` says why not and what to do. */
export interface TargetSummary {
  name: string;
  environment: Environment;
  /** host:port/database, without user and password. */
  address: string;
  checkedAt: string;
  error: { code: string; message: string } | null;
  serverVersion: string | null;
  headTag: string | null;
  /** Journal time of the head. */
  headGeneratedAt: string | null;
  counts: {
    total: number;
    applied: number;
    pending: number;
    changed: number;
    unknown: number;
    skipped: number;
  } | null;
  coverage: { number: string; tag: string; coverage: Coverage; undoable: boolean }[];
  /** The oldest migration that can be the new head: '0019'. */
  reachesBackTo: string | null;
  fence: { headTag: string; raisedAt: string | null; rollback: string | null } | null;
  openRollback: OpenRollback | null;
}

export interface MigrationLine {
  key: string;
  tag: string | null;
  number: string | null;
  /** Journal time, ISO. Tracking tables before drizzle 1.0 know no time of applying. */
  generatedAt: string | null;
  state: MigrationState;
  fileChanged: boolean;
  head: boolean;
  rollbackFile: string | null;
  rollbackProblem: string | null;
  coverage: Coverage;
  /** This migration can be the new head. */
  destination: boolean;
  /** Why it can't. */
  whyNot: string | null;
}

/**
 * What going back to a line would undo, in run order: every applied migration above it. Not part of
 * the line, because a thousand lines would carry half a million of them.
 * @param lines newest first, as the page has them
 */
export function chainAbove(
  lines: readonly MigrationLine[],
  key: string,
): { tag: string; number: string }[] {
  const end = lines.findIndex((line) => line.key === key);
  if (end < 0 || !lines[end]?.destination) return [];
  return lines
    .slice(0, end)
    .filter((line) => !['pending', 'skipped'].includes(line.state))
    .map((line) => ({ tag: line.tag ?? line.key, number: line.number ?? line.key }));
}

export interface TargetPage {
  summary: TargetSummary;
  /** Newest first. */
  lines: MigrationLine[];
  /** The first migration below which nothing can be reached, and why. */
  barrier: PlanRefusal | null;
  problems: ListProblem[];
  rollbackPattern: string;
  policy: Policy;
}

export interface MigrationPage {
  target: { name: string; environment: Environment };
  line: MigrationLine;
  up: { sql: string; hash: string } | null;
  row: { id: number; hash: string; createdAt: string } | null;
  rollback: { file: string; sql: string; sha256: string } | null;
  newer: string | null;
  older: string | null;
}

export interface RollbackRoom {
  id: number;
  label: string;
  target: {
    name: string;
    environment: Environment;
    address: string;
    serverVersion: string;
  };
  status: RollbackStatus;
  outcome: Outcome | null;
  /** What to do or know about the outcome, from the last run. */
  outcomeMessage: string | null;
  reason: string;
  incident: string | null;
  requestedBy: { id: string; name: string };
  createdAt: string;
  approvalRequestedAt: string | null;
  /** Database clock when this view was made; the pages count ages from it. */
  now: string;
  plan: Plan;
  digest: string;
  policy: Policy;
  planCheck: PlanCheck | null;
  rehearsal: RehearsalEvidence | null;
  backup: BackupEvidence | null;
  approvals: ApprovalEvidence[];
  run: RunEvidence | null;
  steps: StepEvidence[];
  fence: FenceEvidence | null;
  /** The fence as SQL that a person can run without Backstep. */
  fenceRemovalSql: string;
  /** Releases whose journal ends at the new head. */
  releases: Release[];
  gates: Gates;
  lastEventSeq: number;
}

/** A relation as it is after the run, for the verify step. */
export interface TouchedTable {
  name: string;
  exists: boolean;
  columns: { name: string; definition: string }[];
  indexes: { name: string; definition: string }[];
  constraints: { name: string; definition: string }[];
}

export interface RollbackLine {
  label: string;
  target: string;
  environment: Environment;
  fromNumber: string;
  toNumber: string;
  status: RollbackStatus;
  outcome: Outcome | null;
  reason: string;
  incident: string | null;
  requestedBy: string;
  createdAt: string;
  stepsDone: number;
  stepsTotal: number;
}

export interface AuditEntry {
  seq: number;
  at: string;
  actor: { id: string; name: string; role: Role | 'system' | 'anonymous' };
  action: string;
  subject: string | null;
  target: string | null;
  outcome: AuditOutcome;
  payload: Record<string, unknown>;
  requestId: string;
  prevHash: string;
  hash: string;
}

export type AuditOutcome = 'done' | 'refused' | 'failed' | 'unknown';

export interface Person {
  id: string;
  email: string;
  name: string;
  role: Role;
  disabledAt: string | null;
  createdAt: string;
  lastSeenAt: string | null;
}

/** What the history is narrowed to. Every field absent: all of it. */
export interface HistoryFilters {
  target?: string | undefined;
  /** Actor id. */
  person?: string | undefined;
  action?: string | undefined;
  outcome?: AuditOutcome | undefined;
  /** Days in UTC, both included: `2026-11-22`. */
  from?: string | undefined;
  to?: string | undefined;
  subject?: string | undefined;
}

/** What a look at the whole chain of the history found. */
export interface ChainVerdict {
  ok: boolean;
  /** Rows that were looked at. */
  count: number;
  lastSeq: number;
  lastHash: string;
  /** The first row that is not as it was written. */
  brokenAt?: { seq: number; why: string };
}
