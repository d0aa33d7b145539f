import type { SchemaChange } from './catalog';
import type { Hazard } from './statement';

/** What a round trip (up, down, compare, up again) says about a rollback script. */
export const GRADES = [
  'exact',
  'column_order_only',
  'leaves_residue',
  'removes_too_much',
  'residue_and_missing',
  'no_effect',
  'no_schema_change',
  'fails',
  'refused',
  'unproven',
  'missing',
] as const;
export type Grade = (typeof GRADES)[number];

export const GRADE_LABELS: Record<Grade, string> = {
  exact: 'Proven exact',
  column_order_only: 'Column order differs',
  leaves_residue: 'Leaves residue',
  removes_too_much: 'Removes too much',
  residue_and_missing: 'Residue and missing',
  no_effect: 'No effect',
  no_schema_change: 'Data only',
  fails: 'Fails',
  refused: 'Refused',
  unproven: 'Unproven',
  missing: 'Missing',
};

/** A sentence for each grade: what was seen. */
export const GRADE_WORDS: Record<Grade, string> = {
  exact: 'Up and down again gives the schema that was there before, object by object.',
  column_order_only:
    'Up and down again gives the same schema, with columns in another order. Only code that counts on positions notices.',
  leaves_residue: 'After the rollback, objects of the migration are still there.',
  removes_too_much: 'After the rollback, objects are gone that the migration did not bring.',
  residue_and_missing:
    'After the rollback, objects of the migration are still there, and older ones are gone or different.',
  no_effect: 'The script runs without an error and undoes nothing.',
  no_schema_change:
    'Neither the migration nor the script changes the schema, so there is no schema to compare: only data.',
  fails: 'PostgreSQL refuses the script right after its own migration.',
  refused: 'The script holds what Backstep does not run.',
  unproven: 'The migration does not apply here, so its script could not be tried.',
  missing: 'There is no script.',
};

/** What the round trip did to rows: `own` is what the migration itself had added. */
export const DATA_LOSSES = ['none', 'own', 'older'] as const;
export type DataLoss = (typeof DATA_LOSSES)[number];

export type Reapply = 'ok' | 'differs' | 'fails' | 'untested';
export type SecondRun = 'ok' | 'fails' | 'untested';

export interface ProofError {
  message: string;
  /** PostgreSQL's code; null for a refusal of our own. */
  sqlstate: string | null;
  /** 1-based line in the file that it happened in. */
  line: number | null;
  /** Which file: the migration or its script. */
  in: 'up' | 'down';
}

/** The result of a round trip. Plain data: stored as JSON under the hash of everything it depends on. */
export interface Proof {
  grade: Grade;
  /** null: not known, because rows could not be tried (grade fails, refused, unproven, missing). */
  losesData: DataLoss | null;
  /** Which rows or columns, as sentences: 'public.users.nickname: 3 of 3 values are gone'. */
  dataNotes: string[];
  /** Objects left behind, named: 'index public.users_email_idx', 'column public.t.a: default 0'. */
  residue: string[];
  /** Objects that are gone or no longer as they were before the migration. */
  missing: string[];
  reapply: Reapply;
  secondRun: SecondRun;
  /** For fails, refused and unproven: why. */
  error: ProofError | null;
  /** Anything else worth knowing, as sentences. */
  remarks: string[];
  /** What the script changes in the schema, seen in the round trip: after up → after down. */
  changes: SchemaChange[];
  /** Found by comparing the two scripts and by trying them with rows. */
  hazards: Hazard[];
  /** Whether one transaction was enough, or copies of the database were needed. */
  method: 'transaction' | 'copies' | 'none';
  durationMs: number;
}

/** What the policy makes of a grade. */
export type GradeVerdict = 'run' | 'acknowledge' | 'block';

export type GradePolicy = Record<Grade, GradeVerdict>;
export type DataLossPolicy = Record<DataLoss, GradeVerdict>;

export const DEFAULT_GRADE_POLICY: GradePolicy = {
  exact: 'run',
  column_order_only: 'run',
  leaves_residue: 'acknowledge',
  removes_too_much: 'block',
  residue_and_missing: 'block',
  no_effect: 'block',
  no_schema_change: 'acknowledge',
  fails: 'block',
  refused: 'block',
  unproven: 'acknowledge',
  missing: 'block',
};

export const DEFAULT_DATA_LOSS_POLICY: DataLossPolicy = {
  none: 'run',
  own: 'run',
  older: 'acknowledge',
};

const WEIGHT: Record<GradeVerdict, number> = { run: 0, acknowledge: 1, block: 2 };

/** The stricter of what the policy says about the grade and about the rows. */
export function verdictOf(
  proof: Pick<Proof, 'grade' | 'losesData'>,
  policy: { grades: GradePolicy; loses_data: DataLossPolicy },
): GradeVerdict {
  const byGrade = policy.grades[proof.grade];
  const byRows = proof.losesData === null ? 'run' : policy.loses_data[proof.losesData];
  return WEIGHT[byRows] > WEIGHT[byGrade] ? byRows : byGrade;
}
