import type { BackupLevel, BackupMethod, RestoredCheck } from './backup';
import type { LiveSessions } from './decision';
import type { Amount, ApprovalEvidence } from './evidence';
import type { Environment, Policy } from './policy';
import type {
  MovedSchema,
  RestoreEvidence,
  RestoreStatus,
  RestoreStepRecord,
  RestoreWay,
} from './restore';
import type { RestoreGates, SafetyBackup } from './restore-gates';
import type { DeployRelease } from './views';

/** A backup as a restore is chosen from, newest first. */
export interface RestoreOption {
  /** `B-0003` */
  backup: string;
  method: BackupMethod;
  snapshotAt: string;
  headTag: string | null;
  level: BackupLevel;
  sizeBytes: number | null;
  databaseBytes: number | null;
  /** Row changes since its snapshot: what going back to it loses. */
  writesLost: Amount;
  /** By table, the most first; empty where they are not known. */
  lostByTable: { table: string; changes: number }[];
  /** Of its newest test restore; null where there was none. */
  testRestoreMs: number | null;
  /** Why it can't be restored by Backstep. */
  problem: string | null;
  /** Why it can't be restored in place, beyond `problem`; less can be verified before, so it wants more. */
  inPlaceProblem: string | null;
}

/** Whether a target can be restored in place, schema by schema: the second choice. */
export interface InPlaceChoice {
  possible: boolean;
  /** Why not, as sentences; null where it is possible. */
  why: string | null;
  /** The schemas that would be set aside. */
  schemas: string[];
  /** Extensions in them that would follow the restored ones. */
  extensions: string[];
  /** What would not be touched, and what to know before, as sentences. */
  remarks: string[];
}

/** What somebody chooses from who begins the restore of a target. */
export interface RestoreChoice {
  target: { name: string; environment: Environment; address: string };
  /** The control database's clock when this was read. */
  now: string;
  /** The database that serves now; null where the target can't be read. */
  present: { database: string; bytes: number; headTag: string | null } | null;
  options: RestoreOption[];
  /** Why no restore can be begun at all: role, another one that is open, a run that goes on. */
  inTheWay: string | null;
  /** A restore of this target that is not over. */
  open: string | null;
  /** The role of the target lacks the rights for a new database or a rename. */
  rights: { create: boolean; rename: boolean };
  /** Offered where `rights` lack one; null where the target can't be read. */
  inPlace: InPlaceChoice | null;
  /** What somebody with more rights does where this role may not: sentences and commands. */
  instructions: { text: string; command: string | null }[];
  readError: string | null;
}

export interface RestoreEvent {
  seq: number;
  at: string;
  kind: string;
  payload: Record<string, unknown>;
}

/** One restore as its room shows it. */
export interface RestoreRoom {
  id: number;
  /** `ER-0001` */
  label: string;
  target: { name: string; environment: Environment; address: string };
  policy: Pick<Policy, 'approvals' | 'approval_max_age_hours'>;
  status: RestoreStatus;
  message: string | null;
  reason: string;
  incident: string | null;
  requestedBy: { id: string; name: string };
  createdAt: string;
  /** Database clock when this was read. */
  now: string;
  digest: string | null;
  backup: {
    label: string;
    snapshotAt: string;
    headTag: string | null;
    level: BackupLevel;
    sizeBytes: number | null;
  };
  way: RestoreWay;
  /** Of the way beside; in place, `present` alone is set. */
  databases: { present: string; restored: string | null; former: string | null };
  /** Of the way in place: what moves, once it is restored. */
  schemas: MovedSchema[] | null;
  /** Of the way in place: the backup of the present state that a swap needs. */
  safety: SafetyBackup | null;
  evidence: RestoreEvidence | null;
  approvals: ApprovalEvidence[];
  approvalRequestedAt: string | null;
  progress: { phase: string; done: number; total: number } | null;
  /** When the executor last told that it is at it. */
  heartbeatAt: string | null;
  acts: RestoreStepRecord[];
  /** What has happened, oldest first: changes of the status, decisions, the fence. */
  events: RestoreEvent[];
  swappedAt: string | null;
  keepUntil: string | null;
  droppedAt: string | null;
  fence: {
    kind: 'trigger' | 'watch';
    why: string | null;
    releasedAt: string | null;
    /** Boots of newer images that it has refused. */
    refusals: number;
    lastRefusedAt: string | null;
    /** Why the last attempt to release it failed. */
    releaseError: string | null;
    /** For somebody with psql. */
    removalSql: string;
  } | null;
  /** Releases whose newest migration is the restored head. */
  releases: DeployRelease[];
  gates: RestoreGates;
}

/** A line of the list of restores. */
export interface RestoreLine {
  label: string;
  target: string;
  environment: Environment;
  status: RestoreStatus;
  way: RestoreWay;
  backup: string;
  requestedBy: string;
  incident: string | null;
  createdAt: string;
  /** When something of it was told for the last time. */
  lastEventAt: string;
  check: Pick<RestoredCheck, 'ok' | 'message'> | null;
}

/** Sessions of one client program from one address that a swap ends. */
export interface SwapSessions extends LiveSessions {
  /** Address of the client; null for a socket of the same machine, or where the role may not see it. */
  client: string | null;
  /** How many do what: 'idle', 'active', 'idle in transaction' …; null where the role may not see it. */
  doing: { state: string | null; sessions: number }[];
}

/** What holds on to the database that serves now: asked of the server in the moment. */
export interface RestoreSurroundings {
  /** The database that serves, and would lose the name. */
  database: string;
  /** Null: the server could not be asked; `error` says why. */
  found: {
    sessions: SwapSessions[];
    /** They belong to no session, and keep the database from being renamed until they end. */
    prepared: { gid: string; owner: string; since: string }[];
    /** Logical replication slots: they stay with the database, whatever it is called. */
    slots: { name: string; active: boolean }[];
    subscriptions: string[];
  } | null;
  error: string | null;
}
