import type { CapturedTable } from './capture-rows';
import { meansTheSame } from './value-forms';

/** One column in two captures: its place in the rows of each. */
export interface ColumnPair {
  from: number;
  to: number;
}

export interface RowPairs {
  /** Places in the rows of the first and of the second capture. */
  pairs: [from: number, to: number][];
  /** Rows of the first that the second has not. */
  gone: number[];
}

/** Rows without a counterpart that are compared each with each; beyond it they count as gone. */
const COMPARED_EACH_WITH_EACH = 200;

/** Share of a row's values that must be the same for it to be taken for the same row. */
const ALIKE = 1 / 3;

type Row = readonly (string | null)[];

/**
 * Finds each row of one capture in another. A row has no name that survives every migration: its
 * place (ctid) changes with each rewrite. So the primary key decides where it finds anything; what is
 * left is matched by all its values, then by the most values in common. When as many are left on both
 * sides with nothing in common, they are taken in their order: all values have been rewritten.
 */
export function pairRows(
  from: CapturedTable,
  to: CapturedTable,
  columns: readonly ColumnPair[],
  among: { from?: readonly number[]; to?: readonly number[] } = {},
): RowPairs {
  const left = new Left(
    among.from ?? from.rows.map((_row, at) => at),
    among.to ?? to.rows.map((_row, at) => at),
  );
  const key = keyColumns(from, to, columns);
  if (key.length > 0) left.matchBy(from.rows, to.rows, key);
  if (columns.length > 0) {
    left.matchBy(from.rows, to.rows, columns);
    left.matchMostAlike(from.rows, to.rows, columns);
  }
  // An empty row for each: nothing is left by which to tell them apart.
  left.matchInOrder(columns.length === 0 || left.pairs.length === 0);
  return { pairs: left.pairs, gone: left.from };
}

/** The primary key as pairs of columns; empty when it is not the same in both. */
function keyColumns(
  from: CapturedTable,
  to: CapturedTable,
  columns: readonly ColumnPair[],
): ColumnPair[] {
  if (from.key.length === 0 || from.key.length !== to.key.length) return [];
  const pairs = from.key.map((name) =>
    columns.find((pair) => from.columns[pair.from]?.name === name),
  );
  const known = pairs.filter((pair) => pair !== undefined);
  const sameKey = known.every((pair) => to.key.includes(to.columns[pair.to]?.name ?? ''));
  return known.length === from.key.length && sameKey ? known : [];
}

class Left {
  readonly pairs: [number, number][] = [];
  from: number[];
  to: number[];

  constructor(from: readonly number[], to: readonly number[]) {
    this.from = [...from];
    this.to = [...to];
  }

  matchBy(fromRows: readonly Row[], toRows: readonly Row[], columns: readonly ColumnPair[]): void {
    const places = new Map<string, number[]>();
    for (const at of this.to) {
      const text = textOf(toRows[at], columns, 'to');
      places.set(text, [...(places.get(text) ?? []), at]);
    }
    for (const at of [...this.from]) {
      const found = places.get(textOf(fromRows[at], columns, 'from'))?.shift();
      if (found !== undefined) this.take(at, found);
    }
  }

  matchMostAlike(
    fromRows: readonly Row[],
    toRows: readonly Row[],
    columns: readonly ColumnPair[],
  ): void {
    if (Math.max(this.from.length, this.to.length) > COMPARED_EACH_WITH_EACH) return;
    const found = this.from.flatMap((from) =>
      this.to.map((to) => ({ from, to, score: likeness(fromRows[from], toRows[to], columns) })),
    );
    for (const { from, to, score } of found.sort((one, other) => other.score - one.score)) {
      if (score >= ALIKE && this.from.includes(from) && this.to.includes(to)) this.take(from, to);
    }
  }

  matchInOrder(allowed: boolean): void {
    if (!allowed || this.from.length !== this.to.length) return;
    for (const from of [...this.from]) {
      const to = this.to[0];
      if (to !== undefined) this.take(from, to);
    }
  }

  private take(from: number, to: number): void {
    this.pairs.push([from, to]);
    this.from = this.from.filter((at) => at !== from);
    this.to = this.to.filter((at) => at !== to);
  }
}

function textOf(row: Row | undefined, columns: readonly ColumnPair[], side: 'from' | 'to'): string {
  return JSON.stringify(columns.map((column) => row?.[column[side]] ?? null));
}

function likeness(from: Row | undefined, to: Row | undefined, columns: readonly ColumnPair[]) {
  let score = 0;
  let values = 0;
  for (const column of columns) {
    const one = from?.[column.from] ?? null;
    const other = to?.[column.to] ?? null;
    if (one === null && other === null) continue;
    values += 1;
    if (one === null || other === null) continue;
    if (one === other) score += 1;
    else if (meansTheSame(one, other)) score += 0.9;
  }
  return values === 0 ? 1 : score / values;
}
