import type { MigrateForecast } from './migrate-forecast';
import type { Proof } from './proof';

/** `journal`: meta/_journal.json and <tag>.sql (drizzle <= 0.45); `folders`: <tag>/migration.sql (1.0). */
export type MigrationLayout = 'journal' | 'folders';

/** One migration with its file, as drizzle would read it. */
export interface MigrationFile {
  /** Position in the order in which drizzle reads them, 0-based. */
  position: number;
  /** Journal `idx`; the position where there is no journal. */
  idx: number;
  /** The journal's tag, or the folder's name. */
  tag: string;
  /** Epoch milliseconds: the journal's `when`, or the time that the folder's name begins with. */
  when: number;
  /** Path within the migrations folder: `0001_a.sql`, `20260101000000_a/migration.sql`. */
  path: string;
  /** The journal names it and the file is not there: `sql` is empty, and it can't be applied. */
  absent?: boolean;
  /** SHA-256 hex of the file's text: what drizzle writes into the tracking table. */
  hash: string;
  sql: string;
  breakpoints: boolean;
}

/** One row of drizzle's tracking table. */
export interface TrackingRow {
  id: number;
  hash: string;
  /** Epoch milliseconds, as a decimal string: the column is a bigint. */
  createdAt: string;
  /** drizzle 1.0: the folder's name. Left out where the table has no such column or it is null. */
  name?: string;
  /** drizzle 1.0: ISO time of applying. Left out likewise. */
  appliedAt?: string;
}

/** How a script was found to belong to a migration. */
export type PairedBy =
  /** Its name holds the whole tag. */
  | 'tag'
  /** Its name is the number and a word for 'down'. */
  | 'number'
  /** The pattern of the configuration says so. */
  | 'pattern'
  /** Only the number fits, the name or header says something else, and the round trip is exact. */
  | 'proof';

export interface RollbackFile {
  /** Path within the rollbacks folder: `0035_rollback.sql`. */
  name: string;
  pairedBy: PairedBy;
  bytes: number;
  sha256: string;
  sql: string;
}

export type MigrationState =
  | 'applied'
  | 'pending'
  | 'changed'
  | 'unknown'
  | 'skipped'
  | 'foundational';

export const MIGRATION_STATE_LABELS: Record<MigrationState, string> = {
  applied: 'Applied',
  pending: 'Pending',
  changed: 'File changed',
  unknown: 'Unknown',
  skipped: 'Skipped',
  foundational: 'Foundational',
};

/** One line of the list: a file, a tracking row, or both. */
export interface MigrationEntry {
  /** Tag, or `unknown-<row id>` when there is no file. Stable key for pages. */
  key: string;
  tag: string | undefined;
  /** The leading digits of the tag: `0035`. */
  number: string | undefined;
  state: MigrationState;
  /** True for `foundational` rows whose file also differs from the row. */
  fileChanged: boolean;
  file: MigrationFile | undefined;
  row: TrackingRow | undefined;
  rollback: RollbackFile | undefined;
  /** Set when the rollback can't be used: refused by the parser, empty, not UTF-8 … */
  rollbackProblem: string | undefined;
  /**
   * Scripts that share only the number with this migration while their name or header says something
   * else. A proof that is `exact` makes one of them the script; else they stop the chain.
   */
  candidates: RollbackCandidate[];
  /** What the round trip said, where it has been made for exactly these files. */
  proof: Proof | undefined;
  /** Why the policy lets nobody run the script, as a sentence. */
  blockedBy: string | undefined;
}

export interface RollbackCandidate {
  file: RollbackFile;
  /** Why it does not simply belong: 'The header of 0021_rollback.sql names 0020_other.' */
  why: string;
  proof: Proof | undefined;
  /** Why a run could not take it even if it belonged: refused by the parser and the like. */
  problem?: string;
}

export interface MigrationList {
  /** Oldest first. */
  entries: MigrationEntry[];
  /** The newest applied entry, by the tracking table. */
  head: MigrationEntry | undefined;
  rows: TrackingRow[];
  /** Findings about the folders that concern no single entry: stray files and the like. */
  problems: ListProblem[];
  /** The naming pattern in use, given or detected; `*` where several are in use. */
  rollbackPattern: string;
  layout: MigrationLayout;
  /** What the next migrate() of this folder would do. */
  forecast: MigrateForecast;
}

export interface ListProblem {
  code:
    | 'stray_rollback_file'
    | 'file_not_in_journal'
    | 'journal_entry_without_file'
    | 'ambiguous_rollback_file'
    /** Paired by its whole tag, while its leading comment names another migration. */
    | 'header_names_other'
    /** A journal and folders of drizzle 1.0 in one place. */
    | 'two_layouts'
    /** A `when` that is not larger than its predecessor's: an incremental migrate() skips it. */
    | 'out_of_order'
    /** Two migrations with one number, tag or time. */
    | 'same_number'
    | 'unknown_row';
  message: string;
  file: string;
}
