import { type BackupPolicy, DEFAULT_BACKUP_POLICY } from './backup';
import {
  type DataLossPolicy,
  DEFAULT_DATA_LOSS_POLICY,
  DEFAULT_GRADE_POLICY,
  type GradePolicy,
} from './proof';

/** What a target demands before and during a run. All durations are in the unit of their name. */
export interface Policy {
  /** Approvals by different people, none of them the requester. 0 switches the approval step off. */
  approvals: number;
  approval_max_age_hours: number;
  /** A backup that is older when the run starts does not count. */
  backup_max_age_minutes: number;
  /** How backups are taken, and what must be known of one. */
  backup: BackupPolicy;
  /** Put up the trigger that refuses newer images. */
  fence: boolean;
  /** Copy what the scripts destroy to a schema of its own first: never, where the person asks for it, always. */
  rescue: RescuePolicy;
  /** All copies of one rollback together; a step whose copies would go beyond is undone. */
  rescue_max_mb: number;
  /** What drift of the live schema from the replayed files does to the run. */
  drift: 'warn' | 'block';
  /** Which grades of a script may run, need an acknowledgement, or block. */
  grades: GradePolicy;
  /** The same for what the round trip did to rows. */
  loses_data: DataLossPolicy;
  lock_timeout_ms: number;
  statement_timeout_ms: number;
  /** Whole-step attempts when a lock, deadlock or statement timeout undid the step. */
  step_attempts: number;
}

export const RESCUE_POLICIES = ['off', 'ask', 'always'] as const;
export type RescuePolicy = (typeof RESCUE_POLICIES)[number];

export const DEFAULT_POLICY: Policy = {
  approvals: 1,
  approval_max_age_hours: 24,
  backup_max_age_minutes: 60,
  backup: DEFAULT_BACKUP_POLICY,
  fence: true,
  rescue: 'ask',
  rescue_max_mb: 512,
  drift: 'warn',
  grades: DEFAULT_GRADE_POLICY,
  loses_data: DEFAULT_DATA_LOSS_POLICY,
  lock_timeout_ms: 3_000,
  statement_timeout_ms: 300_000,
  step_attempts: 3,
};

export const ENVIRONMENTS = ['production', 'staging', 'development'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export interface Release {
  name: string;
  /** Tag or number of the newest migration in the release's journal. */
  head: string;
  /** Commands a person runs to deploy it; shown with a copy button, never run by Backstep. */
  commands: string[];
}

/** A target as configured. `url` and `readUrl` carry secrets: they never leave the server. */
export interface TargetConfig {
  name: string;
  environment: Environment;
  url: string;
  readUrl: string;
  /** Absolute folders. */
  migrations: string;
  rollbacks: string;
  rollbackPattern: string | undefined;
  tracking: { schema: string; table: string };
  /** Tag or number of the newest foundational migration; it and everything below are restore only. */
  foundation: string | undefined;
  /** Absolute path of a .sql file that runs first on each scratch database: roles, schemas, extensions. */
  bootstrap: string | undefined;
  policy: Policy;
  releases: Release[];
}

/** Backups of one target that are kept; never fewer than the newest confirmed one. */
export interface Retention {
  /** The newest so many, whatever their age. */
  count: number;
  /** And all that are younger. */
  days: number;
}

/** S3 or what speaks its protocol. `secretKey` never leaves the server. */
export interface ObjectStorage {
  endpoint?: string;
  region: string;
  bucket: string;
  prefix: string;
  accessKey: string;
  secretKey: string;
  /** For servers that do not know buckets as host names. */
  pathStyle: boolean;
}

export interface BackupsConfig {
  directory: string;
  jobs: number;
  /** Where finished backups go; left out: they stay in the directory. */
  storage?: ObjectStorage;
  /** age recipients that files are encrypted to, and the absolute path of the identity that reads them. */
  encryption?: { recipients: string[]; identityFile?: string };
  /** Left out: nothing is ever pruned. */
  retention?: Retention;
}

export interface Config {
  /** Where the file was read, for messages. */
  path: string;
  targets: TargetConfig[];
  backups: BackupsConfig;
  /** Folder with pg_dump and pg_restore, when they are not in the usual places. */
  clientTools: string | undefined;
}
