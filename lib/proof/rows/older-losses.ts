import type { CapturedTable } from './capture-rows';
import {
  isCut,
  type RowsInput,
  sameNamed,
  sameObject,
  sharedByName,
  sharedByObject,
  valuesOf,
} from './captured-tables';
import { columnName, countOf, example } from './loss-words';
import { type ColumnPair, pairRows, type RowPairs } from './pair-rows';
import { isAnotherForm } from './value-forms';

/** What was there before the up and is gone or different after the down, as sentences. */
export function olderLosses(input: RowsInput): string[] {
  return input.before.tables.flatMap((before) => {
    const between = sameObject(input.between, before);
    const after = sameNamed(input.after, before);
    if (!after) return [tableGone(before, between)];
    return tableLosses({ before, between, after });
  });
}

interface Trip {
  before: CapturedTable;
  between: CapturedTable | undefined;
  after: CapturedTable;
}

function tableGone(before: CapturedTable, between: CapturedTable | undefined): string {
  const who = between
    ? 'the script drops it'
    : 'the migration itself drops it, and the script does not bring it back';
  return `${before.name}: the table is gone with ${countOf(before.total, 'row')} (${who})`;
}

function tableLosses(trip: Trip): string[] {
  const { before, after } = trip;
  const shared = sharedByName(before, after);
  const kept = shared.filter((pair) => !before.columns[pair.from]?.generated);
  const found = pairRows(before, after, kept);
  const missing = before.columns.flatMap((column, at) =>
    column.generated || shared.some((pair) => pair.from === at) ? [] : [columnGone(trip, at)],
  );
  return [
    ...rowsGone(trip, found),
    ...missing,
    ...kept.flatMap((pair) => valuesChanged(trip, pair, found)),
  ];
}

function rowsGone({ before, between, after }: Trip, found: RowPairs): string[] {
  const fewer = before.total - after.total;
  // Of a table that is read in part, other rows may have moved into the part.
  const gone = isCut(before) || isCut(after) ? Math.max(fewer, 0) : found.gone.length;
  if (gone === 0) return [];
  const byUp = isCut(before)
    ? (between?.total ?? 0) < before.total
    : areGoneBetween(before, between, found.gone);
  const who = byUp
    ? 'the migration itself removes them, and the script does not bring them back'
    : 'the script removes them';
  return [
    `${before.name}: ${gone} of ${countOf(before.total, 'row')} ${isOrAre(gone)} gone (${who})`,
  ];
}

function areGoneBetween(
  before: CapturedTable,
  between: CapturedTable | undefined,
  rows: readonly number[],
): boolean {
  if (!between) return true;
  const missing = new Set(pairRows(before, between, sharedByObject(before, between)).gone);
  return rows.every((at) => missing.has(at));
}

function columnGone({ before, between }: Trip, at: number): string {
  const values = valuesOf(before, at).length;
  const byUp = !between || !sharedByObject(before, between).some((pair) => pair.from === at);
  const who = byUp
    ? 'the migration itself drops the column, and the script does not bring it back'
    : 'the script drops it';
  return `${columnName(before, at)}: the column is gone with ${countOf(values, 'value')} (${who})`;
}

interface Change {
  row: number;
  was: string | null;
  is: string | null;
}

function valuesChanged(trip: Trip, pair: ColumnPair, found: RowPairs): string[] {
  const { before, after } = trip;
  const changes: Change[] = found.pairs.flatMap(([from, to]) => {
    const was = before.rows[from]?.[pair.from] ?? null;
    const is = after.rows[to]?.[pair.to] ?? null;
    return was === is ? [] : [{ row: from, was, is }];
  });
  if (changes.length === 0) return [];
  const name = columnName(before, pair.from);
  const total = valuesOf(before, pair.from).length;
  const why = ` (${whoChanged(trip, pair, changes)})`;
  const gone = changes.filter(({ is }) => is === null);
  const filled = changes.filter(({ was }) => was === null);
  const different = changes.filter(({ was, is }) => was !== null && is !== null);
  const form = different.filter(({ was, is }) => isAnotherForm(was ?? '', is ?? ''));
  const other = different.filter((change) => !form.includes(change));
  const share = (some: Change[]) => `${some.length} of ${countOf(total, 'value')}`;
  return [
    gone.length > 0 && `${name}: ${share(gone)} ${isOrAre(gone.length)} gone${why}`,
    form.length > 0 &&
      `${name}: ${share(form)} ${hasOrHave(form.length)} another form: ${example(form[0])}${why}`,
    other.length > 0 &&
      `${name}: ${share(other)} ${isOrAre(other.length)} different: ${example(other[0])}${why}`,
    filled.length > 0 &&
      `${name}: ${countOf(filled.length, 'row')} without a value ${hasOrHave(filled.length)} one now: ${example(filled[0])}${why}`,
  ].filter((note) => note !== false);
}

/** Tells the person whether the script could have kept the values, or whether the up had lost them. */
function whoChanged({ before, between, after }: Trip, pair: ColumnPair, changes: Change[]): string {
  const passage = between && sharedByObject(before, between);
  const way = passage?.find(({ from }) => from === pair.from);
  const column = before.columns[pair.from];
  const replaced =
    between &&
    way &&
    between.oid === before.oid &&
    between.columns[way.to]?.number !== column?.number;
  if (!between || !passage || !way || replaced) {
    const back = changes.every(({ is }) => is === null) ? 'empty' : 'with other content';
    const what = between ? 'drops the column' : 'drops the table';
    return `the migration itself ${what}; the script brings it back ${back}`;
  }
  const kept = new Map(pairRows(before, between, passage).pairs);
  const changedByUp = changes.every(({ row, was }) => {
    const at = kept.get(row);
    if (at === undefined) return true;
    const meanwhile = between.rows[at]?.[way.to] ?? null;
    if (meanwhile === was) return false;
    return meanwhile === null || was === null || !isAnotherForm(was, meanwhile);
  });
  if (changedByUp) return 'the migration itself changes them; the script does not undo that';
  const type = between.columns[way.to]?.type;
  if (type !== column?.type) return `between them the column is ${type ?? 'of another type'}`;
  const anew =
    between.oid === after.oid && between.columns[way.to]?.number !== after.columns[pair.to]?.number;
  return anew ? 'the script drops the column and adds it anew' : 'the script changes them';
}

function isOrAre(count: number): string {
  return count === 1 ? 'is' : 'are';
}

function hasOrHave(count: number): string {
  return count === 1 ? 'has' : 'have';
}
