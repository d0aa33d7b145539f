import type pg from 'pg';
import type { TrackingRow } from '@/lib/core/migration';
import type { PlanStep } from '@/lib/core/plan';
import { readTracking, trackingIdentifier } from '@/lib/target';
import { refusal } from './errors';
import type { UndoInput } from './undo-input';

type Expected = Pick<UndoInput, 'tracking' | 'expectedRows'>;

/**
 * Keeps a booting application from migrating until the transaction ends: its migrate() reads without a
 * lock but writes its row later, and waits here.
 * @throws when the rows are not the expected ones
 */
export async function lockTracking(client: pg.Client, input: Expected): Promise<void> {
  await client.query(
    `LOCK TABLE ${trackingIdentifier(input.tracking)} IN SHARE ROW EXCLUSIVE MODE`,
  );
  await assertRows(client, input);
}

/** @throws when somebody migrated in between */
export async function assertRows(client: pg.Client, input: Expected): Promise<void> {
  const rows = await readTracking(client, input.tracking);
  if (!sameRows(rows, input.expectedRows)) {
    throw refusal(
      `The tracking table holds ${rows.length} rows that are not the ${input.expectedRows.length} expected ones: somebody migrated in between.`,
    );
  }
}

/**
 * Part of a script may not touch the rows: the step's own row is what says that all of it is in.
 * @throws when it did
 */
export async function assertRowsUntouched(client: pg.Client, input: Expected): Promise<void> {
  const rows = await readTracking(client, input.tracking);
  if (!sameRows(rows, input.expectedRows)) {
    throw refusal(
      'The script changed tracking rows before its last statement that runs outside of a transaction. Do that at its end, or leave it to the run.',
    );
  }
}

/**
 * Removes the step's own row, exactly one; a script may have done so itself.
 * @returns whether the script did
 * @throws when other rows have changed
 */
export async function removeTrackingRow(
  client: pg.Client,
  step: PlanStep,
  { tracking, expectedRows }: Expected,
): Promise<boolean> {
  const { row } = step;
  const rows = await readTracking(client, tracking);
  const others = expectedRows.filter((expected) => expected.id !== row.id);
  const still = rows.some((found) => found.id === row.id);
  if (!sameRows(rows, still ? expectedRows : others)) {
    throw refusal('The script changed tracking rows that are not its own.');
  }
  if (still) {
    const result = await client.query(
      `DELETE FROM ${trackingIdentifier(tracking)} WHERE id = $1 AND hash = $2 AND created_at = $3`,
      [row.id, row.hash, row.createdAt],
    );
    if (result.rowCount !== 1) {
      throw refusal(`The tracking row of ${step.tag} was not removed exactly once.`);
    }
  }
  return !still;
}

/** True when both are the same rows in the same order; when they were applied does not count. */
export function sameRows(a: readonly TrackingRow[], b: readonly TrackingRow[]): boolean {
  return (
    a.length === b.length &&
    a.every((row, index) => {
      const other = b[index];
      return row.id === other?.id && row.hash === other.hash && row.createdAt === other.createdAt;
    })
  );
}

/** The rows that remain after `done` steps of a plan, in tracking order. */
export function rowsAfter(
  rows: readonly TrackingRow[],
  steps: readonly PlanStep[],
  done: number,
): TrackingRow[] {
  const gone = new Set(steps.slice(0, done).map((step) => step.row.id));
  return rows.filter((row) => !gone.has(row.id));
}
