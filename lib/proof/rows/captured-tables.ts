import {
  CAPTURE_LIMIT,
  type CapturedColumn,
  type CapturedRows,
  type CapturedTable,
} from './capture-rows';
import type { ColumnPair } from './pair-rows';

/** What a round trip is judged by. */
export interface RowsInput {
  /** Captured before the up. */
  before: CapturedRows;
  /** After the up, with rows planted into what the up added. */
  between: CapturedRows;
  /** After the down. */
  after: CapturedRows;
}

/** The same table in another capture: by its name, else by what it is under another name. */
export function sameNamed(capture: CapturedRows, table: CapturedTable): CapturedTable | undefined {
  return (
    capture.tables.find(({ name }) => name === table.name) ??
    capture.tables.find(({ oid }) => oid === table.oid)
  );
}

/** The same table in another capture: by what it is, whatever its name; else by its name. */
export function sameObject(capture: CapturedRows, table: CapturedTable): CapturedTable | undefined {
  return (
    capture.tables.find(({ oid }) => oid === table.oid) ??
    capture.tables.find(({ name }) => name === table.name)
  );
}

/** The columns that two captures of a table share: by name first, then by what they are. */
export function sharedByName(from: CapturedTable, to: CapturedTable): ColumnPair[] {
  return share(from, to, (column) => placeByName(to, column) ?? placeByNumber(from, to, column));
}

/** The columns that two captures of a table share: by what they are first, then by name. */
export function sharedByObject(from: CapturedTable, to: CapturedTable): ColumnPair[] {
  return share(from, to, (column) => placeByNumber(from, to, column) ?? placeByName(to, column));
}

function share(
  from: CapturedTable,
  _to: CapturedTable,
  find: (column: CapturedColumn) => number | undefined,
): ColumnPair[] {
  return from.columns.flatMap((column, at) => {
    const found = find(column);
    return found === undefined ? [] : [{ from: at, to: found }];
  });
}

function placeByName(to: CapturedTable, column: CapturedColumn): number | undefined {
  return placeOf(to.columns.findIndex(({ name }) => name === column.name));
}

/** Column numbers say something within one table only. */
function placeByNumber(
  from: CapturedTable,
  to: CapturedTable,
  column: CapturedColumn,
): number | undefined {
  if (from.oid !== to.oid) return undefined;
  return placeOf(to.columns.findIndex(({ number }) => number === column.number));
}

function placeOf(index: number): number | undefined {
  return index === -1 ? undefined : index;
}

/** Whether the capture has not all rows of the table. */
export function isCut(table: CapturedTable): boolean {
  return table.total > CAPTURE_LIMIT;
}

/** The values of one column, without the empty ones. */
export function valuesOf(table: CapturedTable, at: number): string[] {
  return table.rows.flatMap((row) => row[at] ?? []);
}
