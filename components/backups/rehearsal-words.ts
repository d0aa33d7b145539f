import { formatCount } from '@/components/room/format-count';
import type { BackupRehearsal, RestoredCheck, TestRestore } from '@/lib/core/backup';
import type { RehearsedStep, StatementError } from '@/lib/core/evidence';

/** What the steps alone took: bringing the copy up is not part of a run. */
export const chainMs = (steps: readonly Pick<RehearsedStep, 'durationMs'>[]): number =>
  steps.reduce((sum, step) => sum + step.durationMs, 0);

/** The step that PostgreSQL refused; undefined where none was, or nothing was rehearsed. */
export const failedStep = (rehearsal: BackupRehearsal | null): RehearsedStep | undefined =>
  rehearsal?.steps.find(({ error }) => error !== undefined);

/** `the step passed`, `all 17 steps passed`. */
export const allPassed = (steps: number): string =>
  steps === 1 ? 'the step passed' : `all ${formatCount(steps, 'step')} passed`;

/** Rows that all statements of a step touched; null where no statement told. */
export function rowsOf({ statements }: Pick<RehearsedStep, 'statements'>): number | null {
  const told = statements.flatMap(({ rows }) => (rows === null ? [] : [rows]));
  return told.length > 0 ? told.reduce((sum, rows) => sum + rows, 0) : null;
}

/** Locks of a step, each once, in the order in which they were taken. */
export const locksOf = ({ statements }: Pick<RehearsedStep, 'statements'>): string[] => [
  ...new Set(statements.flatMap(({ locks = [] }) => locks)),
];

/** What mends a script that works on an empty schema and fails on real rows, by what PostgreSQL said. */
const REMEDIES: Record<string, string> = {
  '23505':
    'Rows are double there, so the unique index or key can’t be built. Have the script decide which of them stays before it builds it.',
  '23502':
    'Rows have no value there, so NOT NULL can’t be set. Have the script fill them in first, or leave the column as it is.',
  '23503':
    'Rows point to others that are not there, so the foreign key can’t be added. Have the script deal with them first, or add it NOT VALID.',
  '23514': 'Rows break the constraint. Have the script change them first, or add it NOT VALID.',
  '22001':
    'Values are longer than the narrower type takes. Have the script decide what becomes of them before it narrows the column.',
  '22003':
    'Values are larger than the narrower type takes. Have the script decide what becomes of them before it narrows the column.',
  '22P02':
    'Values can’t be read as the new type. Have the script turn them into ones that can, with a USING expression.',
  '57014':
    'It took longer than the statement timeout of the policy on this many rows. Do it in smaller parts, or give it more time in the policy.',
  '53100':
    'The disk of the scratch server is full. Make room there and test it again; the script may be right.',
};

/** What to do about an error on real data, as a sentence. */
export function remedyFor({ sqlstate }: Pick<StatementError, 'sqlstate'>): string {
  return (
    REMEDIES[sqlstate] ??
    'It works on an empty schema and not on these rows. Mend the script for the rows that are there.'
  );
}

/** What is wrong is not the script: another test is the remedy, and no new plan. */
export const isServerFault = ({ sqlstate }: Pick<StatementError, 'sqlstate'>): boolean =>
  /^(53|58|08|57P)/.test(sqlstate);

export interface CheckLine {
  id: string;
  ok: boolean;
  name: string;
  evidence: string;
}

/** What a restored copy was compared with, one line each. */
export function checkLines(check: RestoredCheck): CheckLine[] {
  const { mismatches, tables, rows, fingerprint, invalid } = check;
  const right = tables - mismatches.length;
  return [
    {
      id: 'rows',
      ok: mismatches.length === 0,
      name: 'Row counts match',
      evidence: `${right.toLocaleString('en-US')} of ${formatCount(tables, 'table')}, ${formatCount(rows, 'row')}`,
    },
    {
      id: 'schema',
      ok: fingerprint.expected === fingerprint.found,
      name: 'Schema equal',
      evidence:
        fingerprint.expected === fingerprint.found
          ? 'fingerprint as in the manifest'
          : 'another fingerprint than in the manifest',
    },
    {
      id: 'invalid',
      ok: invalid.length === 0,
      name: 'Nothing invalid',
      evidence:
        invalid.length === 0
          ? 'no invalid index, no constraint that lost its validation'
          : invalid.join(', '),
    },
  ];
}

/** A test restore that is not over. */
export const isTesting = (test: Pick<TestRestore, 'state'> | null): boolean =>
  test?.state === 'queued' || test?.state === 'running';

/** Whether the chain has been seen to work on the data of a backup: `null` while nobody knows. */
export function rehearsedWell(test: TestRestore | null, digest: string): boolean | null {
  const rehearsal = test?.rehearsal?.digest === digest ? test.rehearsal : null;
  return rehearsal ? rehearsal.ok : null;
}

/** What was rehearsed on a backup, for the line of a list; null where nothing was. */
export function rehearsedWords(test: TestRestore | null): string | null {
  if (!test?.rehearsal || isTesting(test)) return null;
  const { rollback, ok, steps } = test.rehearsal;
  return ok
    ? `${rollback} rehearsed on it: ${allPassed(steps.length)}`
    : `${rollback} fails on its data`;
}
