import pg from 'pg';
import { candidatesFor } from './candidates';
import { literalsOf } from './condition-literals';
import type { CheckRule, ColumnRules, RowRules, TableRules } from './row-rules';
import type { Variant } from './scalar-values';
import type { ValueSource } from './value-source';

/** Conditions that share columns, with what to try for each of these. */
export interface Problem {
  columns: ColumnRules[];
  generated: ColumnRules[];
  checks: CheckRule[];
  candidates: (string | null)[][];
}

/** The conditions of a table in groups that share no column. */
export function problemsOf(table: TableRules): { checks: CheckRule[]; numbers: number[] }[] {
  const groups: { checks: CheckRule[]; numbers: Set<number> }[] = [];
  for (const check of table.checks) {
    const numbers = new Set(columnsOf(check, table));
    if (numbers.size === 0) continue;
    const group = { checks: [check], numbers };
    for (const other of groups.splice(0)) {
      if (![...other.numbers].some((number) => group.numbers.has(number))) groups.push(other);
      else {
        group.checks.push(...other.checks);
        for (const number of other.numbers) group.numbers.add(number);
      }
    }
    groups.push(group);
  }
  return groups.map(({ checks, numbers }) => ({ checks, numbers: [...numbers] }));
}

/** A generated column stands for those that it is computed from. */
function columnsOf(check: CheckRule, table: TableRules): number[] {
  const named = check.columns.length > 0 ? check.columns : mentioned(check.expression, table);
  return named.flatMap((number) => {
    const column = table.columns.find((one) => one.number === number);
    if (column?.source !== 'generated') return [number];
    return [number, ...mentioned(column.expression ?? '', table)];
  });
}

function mentioned(expression: string, table: TableRules): number[] {
  const words = new Set(expression.match(/"(?:[^"]|"")+"|[\p{L}_][\p{L}\d_$]*/gu));
  return table.columns
    .filter(({ name }) => words.has(name) || words.has(pg.escapeIdentifier(name)))
    .map(({ number }) => number);
}

/**
 * What to try for a group of conditions.
 * @param fixed values of columns that point to other rows
 */
export function problemFor(
  table: TableRules,
  group: { checks: CheckRule[]; numbers: number[] },
  rules: RowRules,
  source: ValueSource,
  variants: readonly Variant[],
  fixed: ReadonlyMap<number, readonly (string | null)[]>,
): Problem {
  const involved = table.columns.filter(({ number }) => group.numbers.includes(number));
  const columns = involved.filter(({ source: origin }) => origin !== 'generated');
  const literals = literalsOf(group.checks.map(({ expression }) => expression).join(' AND '));
  return {
    columns,
    generated: involved.filter((column) => !columns.includes(column)),
    checks: group.checks,
    candidates: columns.map((column) => {
      const found =
        fixed.get(column.number) ??
        candidatesFor(column, table.columns, rules, source, literals, variants);
      const withNull =
        column.required || found.includes(null)
          ? found
          : [...found.slice(0, 1), null, ...found.slice(1)];
      return [...withNull];
    }),
  };
}
