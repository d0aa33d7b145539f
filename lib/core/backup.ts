import type { JobState, RehearsedStep } from './evidence';

/**
 * How a backup comes about: dumped by Backstep, made by a command of the operator's, or made elsewhere
 * and vouched for by a person.
 */
export const BACKUP_METHODS = ['pg_dump', 'command', 'attested'] as const;
export type BackupMethod = (typeof BACKUP_METHODS)[number];

/** What is known of a backup, from the weakest to the strongest. Only what Backstep dumped goes beyond the first. */
export const BACKUP_LEVELS = ['vouched', 'read', 'restored'] as const;
export type BackupLevel = (typeof BACKUP_LEVELS)[number];

export const BACKUP_LEVEL_LABELS: Record<BackupLevel, string> = {
  vouched: 'Vouched for, not read',
  read: 'Read in full, checksums stored',
  restored: 'Restored and verified',
};

/** Whether `found` is at least `wanted`. */
export function reachesLevel(found: BackupLevel | null, wanted: BackupLevel): boolean {
  return found !== null && BACKUP_LEVELS.indexOf(found) >= BACKUP_LEVELS.indexOf(wanted);
}

/** What a target demands of its backups. */
export interface BackupPolicy {
  /** Allowed ones; the first is offered first. */
  methods: BackupMethod[];
  /** What a backup must have reached before a run relies on it. */
  level: BackupLevel;
  /** argv of the method `command`, with the placeholders {target}, {rollback} and {out}. */
  command: string[] | null;
  command_timeout_minutes: number;
  /** An attested backup counts only when a second person has confirmed it. */
  second_person: boolean;
}

export const DEFAULT_BACKUP_POLICY: BackupPolicy = {
  methods: ['pg_dump'],
  level: 'read',
  command: null,
  command_timeout_minutes: 60,
  second_person: true,
};

/** What a person says of a backup that was made elsewhere. */
export interface Attestation {
  provider: string;
  /** The provider's id of the snapshot. */
  reference: string;
  takenAt: string;
  link: string | null;
  /** Who has confirmed it besides the person who wrote it; null while nobody has. */
  confirmedBy: { id: string; name: string } | null;
  confirmedAt: string | null;
}

/** Rows of one table, as the dump's snapshot saw them. */
export interface TableRows {
  /** `public.rooms` */
  table: string;
  rows: number;
}

/** What a restored copy was compared with, and what it is. */
export interface RestoredCheck {
  ok: boolean;
  /** One sentence: what was found. */
  message: string;
  restoreMs: number;
  verifyMs: number;
  /** Bytes that the copy took on the server. */
  bytes: number;
  tables: number;
  rows: number;
  /** Tables whose rows are not as many as the manifest says. */
  mismatches: { table: string; expected: number; found: number }[];
  fingerprint: { expected: string; found: string };
  /** Invalid indexes and constraints that are not validated though they were. */
  invalid: string[];
  /** What is different for a reason that does not count: restored without owners, a missing extension. */
  remarks: string[];
}

/** The planned chain, performed on a restored backup by the code of the run. */
export interface BackupRehearsal {
  /** `RB-0001` */
  rollback: string;
  digest: string;
  ok: boolean;
  message: string;
  totalMs: number;
  steps: RehearsedStep[];
  /** The schema after the last step against the one that the plan's own rehearsal ended with. */
  fingerprint: { expected: string | null; found: string } | null;
  /** What else is worth knowing: rescue copies that can't be made, what was not compared. */
  remarks?: string[];
}

/** A test restore of a backup on the scratch server, with or without a rehearsal on it. */
export interface TestRestore {
  id: number;
  backupId: number;
  /** The rollback whose chain was rehearsed on it; null for a restore alone. */
  rollback: string | null;
  state: JobState;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  progress: { phase: string; done: number; total: number } | null;
  check: RestoredCheck | null;
  rehearsal: BackupRehearsal | null;
  error: string | null;
}
