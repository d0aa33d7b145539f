import {
  DEFAULT_DATA_LOSS_POLICY,
  DEFAULT_GRADE_POLICY,
  type Grade,
  type GradeVerdict,
  verdictOf,
} from '@/lib/core/proof';
import type { Report, ReportedMigration } from './report';

/** As on a target, but for one: what could not be tried is nothing that a pull request can rely on. */
const POLICY = {
  grades: { ...DEFAULT_GRADE_POLICY, unproven: 'block' as const },
  loses_data: DEFAULT_DATA_LOSS_POLICY,
};

export interface ConclusionOptions {
  /** Position of the oldest migration that counts. */
  floor: number;
  /** Migrations that were not to be looked at count for nothing. */
  counts?(tag: string): boolean;
  /** Grades that fail nothing. */
  allow?: readonly Grade[];
}

/**
 * The verdicts, the counts, and whether the command ends well: no migration from the floor on whose
 * grade the policy blocks, and no ambiguous script.
 */
export function conclude(
  report: Omit<Report, 'summary'>,
  { floor, counts = () => true, allow = [] }: ConclusionOptions,
): Report {
  const asked = new Set(
    report.migrations.flatMap(({ index, tag }) => (index >= floor && counts(tag) ? [tag] : [])),
  );
  const ambiguous = report.ambiguous.filter(({ tag }) => asked.has(tag));
  const isAmbiguous = ({ tag }: ReportedMigration) => ambiguous.some((one) => one.tag === tag);
  const verdict = (line: ReportedMigration): GradeVerdict | null => {
    if (!asked.has(line.tag)) return null;
    if (isAmbiguous(line)) return 'block';
    if (line.grade === null) return null;
    if (allow.includes(line.grade)) return 'run';
    return verdictOf({ grade: line.grade, losesData: line.losesData }, POLICY);
  };
  const migrations = report.migrations.map((line) => ({ ...line, verdict: verdict(line) }));
  const reasons = [
    ...migrations
      .filter((line) => line.verdict === 'block' && !isAmbiguous(line))
      .map((line) => `${line.tag}: ${WHY[line.grade ?? 'missing']}.`),
    ...ambiguous.map(
      ({ tag, message }) => `${tag}: no script belongs to it for certain. ${message}`,
    ),
  ];
  return {
    ...report,
    migrations,
    summary: {
      migrations: migrations.length,
      scripts: migrations.filter((line) => line.rollback !== null).length,
      grades: countsOf(migrations),
      dangers: migrations
        .flatMap((line) => line.hazards)
        .filter((hazard) => hazard.severity === 'danger').length,
      ok: reasons.length === 0,
      reasons,
    },
  };
}

function countsOf(lines: readonly ReportedMigration[]): Report['summary']['grades'] {
  const grades: Partial<Record<Grade, number>> = {};
  for (const { grade } of lines) {
    if (grade) grades[grade] = (grades[grade] ?? 0) + 1;
  }
  return grades;
}

const WHY: Record<Grade, string> = {
  exact: 'the script loses older data',
  column_order_only: 'the columns come back in another order',
  leaves_residue: 'the script leaves objects behind',
  removes_too_much: 'the script removes what the migration did not bring',
  residue_and_missing: 'the script leaves objects behind and removes older ones',
  no_effect: 'the script undoes nothing',
  no_schema_change: 'nothing in the schema changes, so that nothing is proven',
  fails: 'the script fails right after its migration',
  refused: 'the script is refused',
  unproven: 'the migration does not apply here, so that its script could not be tried',
  missing: 'no rollback script',
};
