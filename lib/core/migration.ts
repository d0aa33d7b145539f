/** One entry of the journal with its file, as drizzle would read it. */
export interface MigrationFile {
  /** Position in the journal, 0-based. */
  position: number;
  /** Journal `idx`. */
  idx: number;
  tag: string;
  /** Journal `when`: epoch milliseconds at which the migration was generated. */
  when: number;
  /** SHA-256 hex of the file's text: what drizzle writes into the tracking table. */
  hash: string;
  sql: string;
  breakpoints: boolean;
}

/** One row of drizzle's tracking table. drizzle <= 0.45 has no name column. */
export interface TrackingRow {
  id: number;
  hash: string;
  /** Epoch milliseconds, as a decimal string: the column is a bigint. */
  createdAt: string;
}

export interface RollbackFile {
  /** File name without folder. */
  name: string;
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
}

export interface MigrationList {
  /** Oldest first. */
  entries: MigrationEntry[];
  /** The newest applied entry, by the tracking table. */
  head: MigrationEntry | undefined;
  rows: TrackingRow[];
  /** Findings about the folders that concern no single entry: stray files and the like. */
  problems: ListProblem[];
  /** The naming pattern in use, given or detected. */
  rollbackPattern: string;
}

export interface ListProblem {
  code: 'stray_rollback_file' | 'file_not_in_journal' | 'journal_entry_without_file';
  message: string;
  file: string;
}
