import type { MigrationFile, MigrationLayout, PairedBy } from '@/lib/core/migration';
import type { DataLoss, Grade, GradeVerdict, Proof } from '@/lib/core/proof';
import type { Hazard } from '@/lib/core/statement';

/** One migration in the report; the keys are part of the command line's contract. */
export interface ReportedMigration {
  index: number;
  tag: string;
  rollback: { file: string; pairedBy: PairedBy } | null;
  /** null: there is a script, and `check` tries none. */
  grade: Grade | null;
  losesData: DataLoss | null;
  dataNotes: string[];
  residue: string[];
  missing: string[];
  reapply: Proof['reapply'];
  secondRun: Proof['secondRun'];
  error: {
    message: string;
    sqlstate: string | null;
    line: number | null;
    in: 'up' | 'down';
  } | null;
  hazards: ReportedHazard[];
  remarks: string[];
  /** What the default policy makes of it; null: not asked for, or not tried. */
  verdict: GradeVerdict | null;
}

export interface ReportedHazard {
  code: string;
  severity: Hazard['severity'];
  line: number | null;
  /** The label, with what happens and to whom. */
  message: string;
  /** A few words: 'Drops column due_date'. */
  label: string;
  /** The lock that the statement takes. */
  lock: string | null;
  /** How to do the same with less danger. */
  safer: string | null;
}

/** A script that shares only the number with a migration, and that no proof has settled. */
export interface AmbiguousScript {
  tag: string;
  file: string;
  /** null: not tried. */
  grade: Grade | null;
  message: string;
}

export interface Report {
  layout: MigrationLayout;
  naming: string;
  migrations: ReportedMigration[];
  /** Tags without a script, from the floor on. */
  gaps: string[];
  ambiguous: AmbiguousScript[];
  /** Files that belong to no migration. */
  orphans: string[];
  /** Tags that an incremental migrate() of drizzle <= 0.45 passes over. */
  skippedByMigrate: string[];
  /** Everything else about the folders, as sentences. */
  problems: string[];
  summary: {
    migrations: number;
    scripts: number;
    grades: Partial<Record<Grade, number>>;
    dangers: number;
    ok: boolean;
    /** Why not ok, as sentences. */
    reasons: string[];
  };
}

export function reportedHazard(hazard: Hazard, line?: number): ReportedHazard {
  return {
    code: hazard.code,
    severity: hazard.severity,
    line: hazard.line ?? line ?? null,
    message: hazard.detail ? `${hazard.label}. ${hazard.detail}` : hazard.label,
    label: hazard.label,
    lock: hazard.lock ?? null,
    safer: hazard.safer ?? null,
  };
}

/** In the order of the script, each once: the reader and the round trip may have found the same. */
export function mergeHazards(...lists: readonly ReportedHazard[][]): ReportedHazard[] {
  const found = new Map<string, ReportedHazard>();
  for (const hazard of lists.flat()) {
    const key = JSON.stringify([hazard.code, hazard.line, hazard.label]);
    if (!found.has(key)) found.set(key, hazard);
  }
  return [...found.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/**
 * Position of the oldest migration that needs a script.
 * @returns undefined when `from` names none
 */
export function floorOf(
  files: readonly Pick<MigrationFile, 'tag' | 'position'>[],
  from: string | undefined,
): number | undefined {
  if (from === undefined) return 0;
  const named = files.find(({ tag }) => tag === from || tag.startsWith(`${from}_`));
  return named?.position;
}
