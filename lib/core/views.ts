import type { Role } from './actor';
import type { Danger } from './dangers';
import type { ReappliedRow } from './events';
import type {
  Acknowledgement,
  ApprovalEvidence,
  BackupEvidence,
  DriftReport,
  FenceEvidence,
  PlanCheck,
  RehearsalEvidence,
  RescueEvidence,
  RunEvidence,
  StepEvidence,
  TargetCheck,
} from './evidence';
import type { Gates, Verdict } from './gates';
import type { MigrateForecast } from './migrate-forecast';
import type { ListProblem, MigrationLayout, MigrationState, PairedBy } from './migration';
import type { Plan, PlanRefusal } from './plan';
import type { Environment, Policy, Release } from './policy';
import type { DataLoss, Grade, GradeVerdict, Proof } from './proof';
import type { Outcome, RollbackStatus } from './rollback';
import type { ScriptRefusal, Statement } from './statement';

/** How a migration's cell looks in the coverage strip. */
export type Coverage =
  /** Proven, and the policy lets it run. */
  | 'proven'
  /** Proven, and the policy wants an acknowledgement: residue, older data. */
  | 'acknowledge'
  /** Proven, and the policy blocks it. */
  | 'blocked'
  /** There is a script; nothing has been proven yet. */
  | 'present'
  | 'missing'
  /** Refused by the parser, ambiguous, unreadable. */
  | 'unusable'
  | 'foundational'
  | 'pending';

export interface OpenRollback {
  label: string;
  status: RollbackStatus;
  fromNumber: string;
  toNumber: string;
  requestedBy: string;
  incident: string | null;
}

/** What keeps newer images from applying again what was undone on a target. */
export interface TargetFence {
  kind: 'trigger' | 'watch';
  headTag: string;
  raisedAt: string | null;
  rollback: string | null;
  why: string | null;
  refusals: number;
  lastRefusedAt: string | null;
  lookedAt: string | null;
  lookError: string | null;
  removedByHandAt: string | null;
  reapplied: ReappliedRow[];
}

/** A release that a person deploys after the run. */
export interface DeployRelease extends Release {
  from: 'configuration' | 'git';
  /** Of the tag, where it was found in git. */
  commit: string | null;
  taggedAt: string | null;
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
  fence: TargetFence | null;
  openRollback: OpenRollback | null;
  /** What the newest finished check found; null before the first. */
  drift: { state: 'none' | 'drifted' | 'unreplayable'; objects: number; checkedAt: string } | null;
  /** A check is waiting or going on. */
  checking: boolean;
}

/** A script that shares only the number with its migration. */
export interface CandidateLine {
  file: string;
  why: string;
  /** null: not proven yet. */
  grade: Grade | null;
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
  pairedBy: PairedBy | null;
  candidates: CandidateLine[];
  /** null: there is a script, and its round trip has not been made yet. */
  grade: Grade | null;
  losesData: DataLoss | null;
  /** What the policy makes of the grade; null while there is none. */
  verdict: GradeVerdict | null;
  /** What undoing does to the schema, counted: '−1 column, −1 index'; null when not proven. */
  undoChanges: string | null;
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
  layout: MigrationLayout | null;
  /** What the next migrate() of this folder would do; null where the target can't be read. */
  forecast: MigrateForecast | null;
  /** The newest check, going on or over. */
  check: TargetCheck | null;
  /** The newest drift report that a check has finished; a later check may be going on. */
  drift: DriftReport | null;
  /** Rescue copies of all rollbacks that are still on the target. */
  rescues: RescueEvidence[];
  gates: { create: Verdict; check: Verdict };
}

export interface MigrationPage {
  target: { name: string; environment: Environment };
  line: MigrationLine;
  up: { path: string; sql: string; hash: string } | null;
  row: { id: number; hash: string; createdAt: string } | null;
  rollback: {
    file: string;
    sql: string;
    sha256: string;
    pairedBy: PairedBy;
    /** Empty when the parser refuses the script. */
    statements: Statement[];
    refusals: ScriptRefusal[];
    remarks: string[];
  } | null;
  candidates: (CandidateLine & { sql: string; proof: Proof | null })[];
  proof: Proof | null;
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
  dangers: Danger[];
  acknowledgements: Acknowledgement[];
  backup: BackupEvidence | null;
  approvals: ApprovalEvidence[];
  run: RunEvidence | null;
  steps: StepEvidence[];
  fence: FenceEvidence | null;
  rescues: RescueEvidence[];
  /** The fence as SQL that a person can run without Backstep. */
  fenceRemovalSql: string;
  /** Releases whose journal ends at the new head: configured ones, else the newest tag of the repository. */
  releases: DeployRelease[];
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
