import { isNeeded } from './plant-order';
import type { ColumnRules, ForeignKeyRule, TableRules } from './row-rules';
import type { Variant } from './scalar-values';
import type { Combination } from './solve-conditions';
import { contentOf, defaultLiteral } from './text-values';
import type { ValueSource } from './value-source';

/** Text by column number; a column that is not there gets its default. */
export type PlannedRow = Map<number, string | null>;

/** How rows are made, from the richest to what surely fits. */
export interface Style {
  /** No odd values. */
  plain: boolean;
  /** Only what has to be there. */
  bare: boolean;
  /** Shifts the choice of parents and values, when the rows before were there already. */
  shift: number;
}

export interface RowMaterial {
  table: TableRules;
  source: ValueSource;
  salt: number;
  /** Rows that are made at a time: so far a shift goes on. */
  count: number;
  /** For each row a combination of each group of conditions. */
  combinations: readonly (readonly Combination[])[];
  /** Rows that a key may point to. */
  parentsOf(key: ForeignKeyRule): readonly PlannedRow[];
  /** Keys to rows that go in with the same statement; they are filled in afterwards. */
  inside: readonly ForeignKeyRule[];
  /** Values of columns that are known beforehand, one for each row: of sequences. */
  drawn: ReadonlyMap<number, readonly string[]>;
}

/** Makes the given number of rows; fewer when a parent is missing. */
export function buildRows(material: RowMaterial, count: number, style: Style): PlannedRow[] {
  const rows: PlannedRow[] = [];
  for (let row = 0; row < count; row += 1) {
    const planned = buildRow(material, row, style);
    if (planned) rows.push(planned);
  }
  return rows;
}

function buildRow(material: RowMaterial, row: number, style: Style): PlannedRow | null {
  const { table, inside } = material;
  const planned: PlannedRow = new Map();
  for (const [number, values] of material.drawn) {
    const value = values[row];
    if (value !== undefined) planned.set(number, value);
  }
  for (const found of material.combinations) {
    const combination = found[(row + style.shift * material.count) % Math.max(found.length, 1)];
    for (const [number, value] of combination ?? []) planned.set(number, value);
  }
  const outside = table.foreignKeys.filter((key) => !inside.includes(key));
  const keys = outside.toSorted((one, other) => other.columns.length - one.columns.length);
  if (!pointToParents(material, keys, planned, row, style)) return null;
  const linked = new Set(inside.flatMap((key) => key.columns));
  for (const column of table.columns) {
    if (planned.has(column.number) || linked.has(column.number)) continue;
    const value = plainValue(material, column, row, style);
    if (value !== undefined) planned.set(column.number, value);
  }
  return planned;
}

/** Sets the columns of all keys so that they agree with each other; tries other parents if need be. */
function pointToParents(
  material: RowMaterial,
  [key, ...others]: readonly ForeignKeyRule[],
  planned: PlannedRow,
  row: number,
  style: Style,
): boolean {
  if (!key) return true;
  const { table } = material;
  const parents = material.parentsOf(key);
  const needed = isNeeded(table, key);
  const wantsNull = !needed && (style.bare || isNullRow(key.columns[0] ?? 0, row));
  if (!wantsNull) {
    // Shifted apart, so that two keys of one table meet in new pairs.
    const start = row + style.shift * (1 + others.length);
    for (let step = 0; step < parents.length; step += 1) {
      const parent = parents[(start + step) % parents.length];
      const kept = parent && join(key, planned, parent);
      if (!kept) continue;
      if (pointToParents(material, others, kept, row, style)) return replace(planned, kept);
    }
  }
  if (needed) return false;
  const empty = new Map(planned);
  for (const number of key.columns) {
    const required = table.columns.find((column) => column.number === number)?.required;
    if (!required && !empty.has(number)) empty.set(number, null);
  }
  const isOpen = key.columns.some((number) => empty.get(number) === null);
  return isOpen && pointToParents(material, others, empty, row, style) && replace(planned, empty);
}

function join(key: ForeignKeyRule, planned: PlannedRow, parent: PlannedRow): PlannedRow | null {
  const joined = new Map(planned);
  for (const [at, number] of key.columns.entries()) {
    const value = parent.get(key.parentColumns[at] ?? 0) ?? null;
    if (value === null || (joined.has(number) && joined.get(number) !== value)) return null;
    joined.set(number, value);
  }
  return joined;
}

function replace(planned: PlannedRow, other: PlannedRow): true {
  for (const [number, value] of other) planned.set(number, value);
  return true;
}

/** The first row is full; each column is null in one of the others. */
function isNullRow(number: number, row: number): boolean {
  return row > 0 && row % 2 === number % 2;
}

function plainValue(
  { table, source, salt, count }: RowMaterial,
  column: ColumnRules,
  row: number,
  style: Style,
): string | null | undefined {
  if (column.source !== 'given') return undefined;
  if (!column.required && (column.staysNull || style.bare || isNullRow(column.number, row)))
    return null;
  if (style.bare && column.expression !== null) {
    const isUnique = table.uniques.some((numbers) => numbers.includes(column.number));
    if (!isUnique) return undefined;
  }
  const variant: Variant = { row: row + style.shift * count, salt, plain: style.plain };
  const literal =
    row % 3 === 1 && contentOf(column, table.columns) === 'words'
      ? defaultLiteral(column.expression)
      : null;
  const value = source.columnValue(column, table.columns, variant);
  if (value === null) return column.expression === null ? null : undefined;
  const isPlainText = !column.madeAs && !column.only && literal !== null && literal !== '';
  return isPlainText && style.shift === 0 && source.takesText(column) ? literal : value;
}
