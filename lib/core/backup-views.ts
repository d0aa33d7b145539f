import type { Attestation, BackupLevel, BackupMethod, TestRestore } from './backup';
import type { BackupCheck, BackupProgress, JobState } from './evidence';
import type { Verdict } from './gates';
import type { Environment, Retention } from './policy';

/** A backup as the list of all targets shows it. */
export interface BackupLine {
  id: number;
  /** `B-0001` */
  label: string;
  target: string;
  /** Null when the target has left the configuration. */
  environment: Environment | null;
  method: BackupMethod;
  state: JobState;
  /** What is known of it; null while it is not confirmed. */
  level: BackupLevel | null;
  /** What the policy of its target wants; null when the target has left the configuration. */
  levelWanted: BackupLevel | null;
  /** Somebody vouches for it, and the policy wants a second person, who is missing. */
  toBeConfirmed: boolean;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  snapshotAt: string | null;
  /** Of its snapshot, on the control database's clock. */
  ageMs: number | null;
  takenBy: { id: string; name: string };
  sizeBytes: number | null;
  databaseBytes: number | null;
  /** Newest migration in it; null where nobody knows. */
  head: string | null;
  location: string | null;
  /** `RB-0001`: the rollback that it was taken for. */
  rollback: string | null;
  /** What refers to it and is not over: an open rollback, a restore, a test restore. */
  heldBy: string | null;
  /** What the retention does with it, as a sentence; null once it was pruned. */
  retention: { prune: boolean; reason: string } | null;
  pruned: { at: string; reason: string } | null;
  attestation: Attestation | null;
  /** The newest test restore of it. */
  testRestore: TestRestore | null;
  progress: BackupProgress | null;
  error: string | null;
  acts: { cancel: Verdict; confirm: Verdict; test: Verdict };
}

/** What can be done for a target on the page of all backups. */
export interface BackupTarget {
  name: string;
  environment: Environment;
  methods: BackupMethod[];
  level: BackupLevel;
  /** What somebody vouches for counts only once another person has confirmed it. */
  secondPerson: boolean;
  take: Verdict;
  attest: Verdict;
}

export interface BackupsPage {
  /** Database clock when this view was made. */
  now: string;
  /** Newest first. */
  backups: BackupLine[];
  /** There are older ones that are not listed. */
  more: boolean;
  targets: BackupTarget[];
  retention: Retention | null;
}

export interface BackupPage {
  now: string;
  backup: BackupLine;
  checks: BackupCheck[];
  /** Of what Backstep dumped itself, without its files' names where there are very many. */
  manifest: {
    database: { systemIdentifier: string; name: string; serverVersionNum: number };
    head: string | null;
    trackingRows: number;
    schemaFingerprint: string;
    tool: string;
    files: { path: string; bytes: number; sha256: string }[];
    fileCount: number;
    rows: { table: string; rows: number }[] | null;
    extensions: { name: string; version: string }[] | null;
  } | null;
  manifestSha256: string | null;
  /** Stored encrypted, or as objects. */
  encrypted: boolean;
  /** Newest first. */
  testRestores: TestRestore[];
}
