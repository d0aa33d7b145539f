import type { MigrateForecast } from './migrate-forecast';
import type { MigrationLayout, PairedBy, TrackingRow } from './migration';
import type { Statement } from './statement';

export interface PlanStep {
  /** 0-based, in run order: newest migration first. */
  position: number;
  tag: string;
  number: string;
  /** Hash of the up file now; differs from `row.hash` when the file changed since it was applied. */
  upHash: string;
  row: TrackingRow;
  rollbackFile: string;
  pairedBy: PairedBy;
  rollbackSha256: string;
  rollbackSql: string;
  /** True when BEGIN … COMMIT around the whole file was taken off. */
  unwrapped: boolean;
  statements: Statement[];
}

/** The pinned bytes of a rollback. The digest is over all of it. */
export interface Plan {
  target: string;
  /** Which database this plan is for. */
  database: { systemIdentifier: string; name: string; serverVersionNum: number };
  tracking: { schema: string; table: string };
  from: { tag: string; number: string };
  to: { tag: string; number: string };
  /** Run order. */
  steps: PlanStep[];
  /** All tracking rows at the time of planning, ordered by id. */
  rows: TrackingRow[];
  /** The up files that replay to the current head, oldest first. */
  replay: { tag: string; when: number; hash: string; breakpoints: boolean; path: string }[];
  layout: MigrationLayout;
  /** What the next migrate() of the present folder would do: now, and after this rollback. */
  forecast: { before: MigrateForecast; after: MigrateForecast };
  /** Structure fingerprint of the live schema. */
  schemaFingerprint: string;
  /** A short hash of each object of the live schema, so that a later difference has a name. */
  schemaObjects?: Record<string, string>;
}

export type PlanRefusalCode =
  | 'no_rollback_file'
  | 'rollback_unusable'
  /** Scripts share only the number with it, and no proof says that one of them belongs. */
  | 'ambiguous_rollback'
  /** What the round trip found, the policy of the target does not let run. */
  | 'blocked_by_policy'
  | 'unknown_row'
  | 'foundational'
  | 'not_applied'
  | 'already_head'
  | 'out_of_order';

export interface PlanRefusal {
  code: PlanRefusalCode;
  /** The migration that stops the chain. */
  key: string;
  message: string;
}

/** Something that is no longer as it was pinned. */
export interface PlanChange {
  kind: 'rollback_file' | 'up_file' | 'tracking_rows' | 'live_schema' | 'database' | 'unreadable';
  subject: string;
  message: string;
}
