import pg from 'pg';
import type { TrackingRow } from '@/lib/core/migration';
import type { PlanStep } from '@/lib/core/plan';
import { type TrackingTable, trackingIdentifier } from '@/lib/target';
import { refusal } from './errors';
import type { UndoInput } from './undo-input';

type Expected = Pick<UndoInput, 'tracking' | 'expectedRows'>;

/** The id of the transaction that is open. */
export const XID_SQL = 'SELECT pg_catalog.txid_current()::text AS xid';

/** What a row is known by; when it was applied does not count. */
type Identity = Pick<TrackingRow, 'id' | 'hash' | 'createdAt'>;

/**
 * All rows in tracking order, as `identitiesIn` reads them: without a look at the table's shape, which
 * `readTracking` needs for what does not count here.
 */
const rowsSql = (tracking: TrackingTable): string =>
  `SELECT rows.id::text AS id, rows.hash::text AS hash, rows.created_at::text AS "createdAt"
   FROM ${trackingIdentifier(tracking)} AS rows ORDER BY rows.id`;

/** A row without a hash or a time is nobody's: it equals no expected one. */
function identitiesIn(answer: pg.QueryResult | undefined): Identity[] {
  const rows = (answer?.rows ?? []) as { [K in keyof Identity]: string | null }[];
  return rows.map(({ id, hash, createdAt }) => ({
    id: Number(id),
    hash: hash ?? '',
    createdAt: createdAt ?? '',
  }));
}

/**
 * Keeps a booting application from migrating until the transaction ends: its migrate() reads without a
 * lock but writes its row later, and waits here. The rows are read after the lock; see `assertLocked`.
 */
export function lockTrackingSql(tracking: TrackingTable): string[] {
  return [
    `LOCK TABLE ${trackingIdentifier(tracking)} IN SHARE ROW EXCLUSIVE MODE`,
    rowsSql(tracking),
  ];
}

/**
 * @param answers to the statements of `lockTrackingSql`
 * @throws when somebody migrated in between
 */
export function assertLocked(answers: readonly pg.QueryResult[], expected: Expected): void {
  assertExpected(identitiesIn(answers[1]), expected);
}

/** @throws when somebody migrated in between */
export async function assertRows(client: pg.Client, input: Expected): Promise<void> {
  assertExpected(await readRows(client, input), input);
}

function assertExpected(rows: readonly Identity[], { expectedRows }: Expected): void {
  if (!sameRows(rows, expectedRows)) {
    throw refusal(
      `The tracking table holds ${rows.length} rows that are not the ${expectedRows.length} expected ones: somebody migrated in between.`,
    );
  }
}

const readRows = async (client: pg.Client, { tracking }: Expected): Promise<Identity[]> =>
  identitiesIn(await client.query(rowsSql(tracking)));

/**
 * Part of a script may not touch the rows: the step's own row is what says that all of it is in.
 * @throws when it did
 */
export async function assertRowsUntouched(client: pg.Client, input: Expected): Promise<void> {
  if (!sameRows(await readRows(client, input), input.expectedRows)) {
    throw refusal(
      'The script changed tracking rows before its last statement that runs outside of a transaction. Do that at its end, or leave it to the run.',
    );
  }
}

/**
 * Removes the step's own row; a script may have done so itself. Then all others must be there, and no
 * more; see `assertRemoved`.
 */
export function removeRowSql({ row }: PlanStep, { tracking }: Expected): string[] {
  return [
    `DELETE FROM ${trackingIdentifier(tracking)} AS rows WHERE rows.id = ${Number(row.id)}
       AND rows.hash = ${pg.escapeLiteral(row.hash)} AND rows.created_at::text = ${pg.escapeLiteral(row.createdAt)}`,
    rowsSql(tracking),
    XID_SQL,
  ];
}

/**
 * @param answers to the statements of `removeRowSql`
 * @returns whether the script removed the row, and the id of the transaction that all of it was in
 * @throws when other rows have changed
 */
export function assertRemoved(
  [removed, left, answer]: readonly pg.QueryResult[],
  step: PlanStep,
  { expectedRows }: Expected,
): { byScript: boolean; xid: string | undefined } {
  const rows = identitiesIn(left);
  const others = expectedRows.filter((expected) => expected.id !== step.row.id);
  if (!sameRows(rows, others)) {
    throw refusal('The script changed tracking rows that are not its own.');
  }
  const count = removed?.rowCount ?? 0;
  if (count > 1) {
    throw refusal(`The tracking row of ${step.tag} was not removed exactly once.`);
  }
  const xid = (answer?.rows[0] as { xid: string } | undefined)?.xid;
  return { byScript: count === 0, xid };
}

/** True when both are the same rows in the same order; when they were applied does not count. */
export function sameRows(a: readonly Identity[], b: readonly Identity[]): boolean {
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
