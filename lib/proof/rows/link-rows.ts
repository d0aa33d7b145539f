import type { PlannedRow, Style } from './build-rows';
import type { Insertion } from './insert-rows';
import { isNeeded } from './plant-order';
import type { ForeignKeyRule, TableRules } from './row-rules';

/**
 * Fills in the keys to rows that go in with the same statement: a row of the table itself points to
 * the one before it or, when it has to point somewhere, to itself.
 */
export function linkInside(
  table: TableRules,
  rows: readonly PlannedRow[],
  insertions: readonly Insertion[],
  style: Style,
): void {
  for (const key of table.foreignKeys) {
    const others = insertions.find((one) => one.table.oid === key.parent)?.rows;
    if (!others) continue;
    const needed = isNeeded(table, key);
    for (const [at, row] of rows.entries()) {
      const nearest = key.parent === table.oid && !needed ? at - 1 : at;
      const choice = [others[nearest], ...(needed ? others : [])].filter(
        (one) => one !== undefined,
      );
      const other = style.bare && !needed ? undefined : choice.find((one) => fits(key, row, one));
      point(key, row, other);
    }
  }
}

/** Whether what the row has already agrees with the other. */
function fits(key: ForeignKeyRule, row: PlannedRow, other: PlannedRow): boolean {
  return key.columns.every((number, at) => {
    const own = row.get(number) ?? null;
    const wanted = other.get(key.parentColumns[at] ?? 0) ?? null;
    return wanted !== null && (own === null || own === wanted);
  });
}

function point(key: ForeignKeyRule, row: PlannedRow, other: PlannedRow | undefined): void {
  for (const [at, number] of key.columns.entries()) {
    if ((row.get(number) ?? null) !== null) continue;
    row.set(number, other?.get(key.parentColumns[at] ?? 0) ?? null);
  }
}
