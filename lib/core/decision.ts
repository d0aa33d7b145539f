import type { BackupLevel } from './backup';
import type { Amount, BackupEvidence, RehearsalEvidence } from './evidence';
import type { PlanStep } from './plan';

/** Sessions of one client program that use the database now. */
export interface LiveSessions {
  /** application_name; empty where the client tells none. */
  application: string;
  user: string;
  sessions: number;
  /** Of these, in a transaction. */
  inTransaction: number;
  /** Age of the oldest transaction; null where there is none. */
  oldestMs: number | null;
}

/** How long something takes, and what that was measured on. */
export interface MeasuredTime {
  ms: number;
  /** 'rehearsed on B-0003 with its rows', 'rehearsed without rows', 'the test restore of B-0003'. */
  on: string;
}

/** What rolling back costs. */
export interface RollBackWay {
  /** Migrations that would be undone; of a target as a whole the most that can be. */
  migrations: number;
  /** The head after it; of a target as a whole the oldest that can be reached. */
  to: string | null;
  time: MeasuredTime | null;
  /** Rows that the chain destroys; null before it was rehearsed. */
  rowsLost: Amount | null;
  inTheWay: string[];
}

/** The other two ways, and who uses the database now. */
export interface OtherWays {
  restore: {
    /** The newest confirmed one that is still there. */
    backup: { label: string; snapshotAt: string; level: BackupLevel; head: string | null } | null;
    ageMs: number | null;
    time: MeasuredTime | null;
    /** Row changes since the backup's snapshot: what the restore would lose. */
    changesLost: Amount | null;
    inTheWay: string[];
  };
  rollForward: {
    /** The head that stays. */
    head: string | null;
    inTheWay: string[];
  };
  /** Null: could not be read; `sessionsError` says why. */
  sessions: LiveSessions[] | null;
  sessionsError: string | null;
}

/** What is known of a rollback that has been planned. */
export interface PlannedWay {
  digest: string;
  plan: { steps: readonly Pick<PlanStep, 'position'>[]; to: { tag: string } };
  stepsDone: number;
  rehearsal: RehearsalEvidence | null;
  backup: BackupEvidence | null;
  /** Reasons of the gates that are closed. */
  inTheWay: string[];
}

/** What going on with a planned rollback costs, as far as it has been rehearsed. */
export function plannedWay(known: PlannedWay): RollBackWay {
  return {
    migrations: known.plan.steps.length - known.stepsDone,
    to: known.plan.to.tag,
    time: measuredTime(known),
    rowsLost: rowsLost(known),
    inTheWay: known.inTheWay,
  };
}

/** With its rows where the chain was rehearsed on a backup, else without. */
function measuredTime({ backup, rehearsal, digest, stepsDone }: PlannedWay): MeasuredTime | null {
  const onBackup = backup?.testRestore?.rehearsal;
  if (backup && onBackup?.ok && onBackup.digest === digest)
    return {
      ms: sumOf(onBackup.steps, stepsDone),
      on: `rehearsed on ${backup.label} with its rows`,
    };
  if (rehearsal?.digest === digest && rehearsal.result)
    return { ms: sumOf(rehearsal.result.steps, stepsDone), on: 'rehearsed without rows' };
  return null;
}

const sumOf = (steps: readonly { position: number; durationMs: number }[], from: number): number =>
  steps
    .filter(({ position }) => position >= from)
    .reduce((sum, { durationMs }) => sum + durationMs, 0);

/** What the ledger of losses names, together; not known where one part is not. */
function rowsLost({ rehearsal, digest, stepsDone }: PlannedWay): Amount | null {
  if (rehearsal?.digest !== digest || !rehearsal.result) return null;
  const amounts = rehearsal.result.impact.losses
    .filter(({ position }) => position >= stepsDone)
    .map(({ rows, nonNull }) => nonNull ?? rows);
  const unknown = amounts.find(({ value }) => value === null);
  if (unknown) return unknown;
  return {
    value: amounts.reduce((sum, { value }) => sum + (value ?? 0), 0),
    estimate: amounts.some(({ estimate }) => estimate),
    source: 'loss ledger',
  };
}
