import type { CapturedTable } from './capture-rows';
import { isCut, type RowsInput, sameObject, sharedByObject, valuesOf } from './captured-tables';
import { columnName, countOf, example } from './loss-words';
import { type ColumnPair, pairRows } from './pair-rows';
import { meansTheSame } from './value-forms';

/** What came with the up, or after it, and goes with the down, as sentences. */
export function ownLosses(input: RowsInput): string[] {
  return input.between.tables.flatMap((between) => {
    const before = sameObject(input.before, between);
    const after = sameObject(input.after, between);
    if (!after) {
      // One that was there before has been told as older data.
      return before
        ? []
        : [
            `${between.name}: the table that the migration adds goes, with ${countOf(between.total, 'row')}`,
          ];
    }
    return [...columnsGone(before, between, after), ...newRowLosses(before, between, after)];
  });
}

function columnsGone(
  before: CapturedTable | undefined,
  between: CapturedTable,
  after: CapturedTable,
): string[] {
  const older = before ? sharedByObject(between, before) : [];
  const kept = sharedByObject(between, after);
  return between.columns.flatMap((column, at) => {
    const isOurs = !column.generated && !older.some((pair) => pair.from === at);
    if (!isOurs || kept.some((pair) => pair.from === at)) return [];
    const values = countOf(valuesOf(between, at).length, 'value');
    return [`${columnName(between, at)}: the column that the migration adds goes, with ${values}`];
  });
}

/** Rows that the up put in, or that were put in after it. */
function newRowLosses(
  before: CapturedTable | undefined,
  between: CapturedTable,
  after: CapturedTable,
): string[] {
  // Of a table that is read in part, nobody knows which rows are new.
  if (isCut(between) || isCut(after)) return [];
  const older = before ? pairRows(before, between, sharedByObject(before, between)).pairs : [];
  const olderRows = new Set(older.map(([, to]) => to));
  const fresh = between.rows.flatMap((_row, at) => (olderRows.has(at) ? [] : [at]));
  const shared = sharedByObject(between, after).filter(
    (pair) => !between.columns[pair.from]?.generated,
  );
  // The older rows are taken first, so that none of them is mistaken for a new one.
  const taken = new Set(
    pairRows(between, after, shared, { from: [...olderRows] }).pairs.map(([, to]) => to),
  );
  const free = after.rows.flatMap((_row, at) => (taken.has(at) ? [] : [at]));
  const found = pairRows(between, after, shared, { from: fresh, to: free });
  const gone =
    found.gone.length > 0
      ? [
          `${between.name}: ${found.gone.length} of ${countOf(fresh.length, 'row')} that came with the migration or after it ${found.gone.length === 1 ? 'is' : 'are'} gone`,
        ]
      : [];
  return [
    ...gone,
    ...shared.flatMap((pair) => newValuesChanged(between, after, pair, found.pairs)),
  ];
}

function newValuesChanged(
  between: CapturedTable,
  after: CapturedTable,
  pair: ColumnPair,
  rows: [number, number][],
): string[] {
  const sameType = between.columns[pair.from]?.type === after.columns[pair.to]?.type;
  const changes = rows.flatMap(([from, to]) => {
    const was = between.rows[from]?.[pair.from] ?? null;
    const is = after.rows[to]?.[pair.to] ?? null;
    // What was empty can't be lost; and a change of type changes how a value is written.
    if (was === null || was === is) return [];
    return !sameType && is !== null && meansTheSame(was, is) ? [] : [{ was, is }];
  });
  if (changes.length === 0) return [];
  const values = rows.filter(([from]) => (between.rows[from]?.[pair.from] ?? null) !== null).length;
  return [
    `${columnName(between, pair.from)}: ${changes.length} of ${countOf(values, 'value')} in rows that came with the migration or after it ${changes.length === 1 ? 'is' : 'are'} different: ${example(changes[0])}`,
  ];
}
