import {
  baseOf,
  type CheckRule,
  type ColumnRules,
  type RowRules,
  type TableRules,
  type TypeRules,
} from './row-rules';
import { isText } from './value-source';

const WHOLE_NUMBERS = ['int2', 'int4', 'int8'];

/**
 * Rules of rows that satisfy what holds now and will satisfy what holds later as well, where a column
 * keeps its number: the narrower type, values that convert to the later one, all conditions and keys.
 */
export function withLaterRules(now: RowRules, later: RowRules): RowRules {
  const types = new Map([...later.types, ...now.types]);
  const tables = [...now.tables.values()].map((table) => {
    const then = later.tables.get(table.oid);
    return then ? mergeTable(table, then, now, later) : table;
  });
  return { types, tables: new Map(tables.map((table) => [table.oid, table])) };
}

function mergeTable(
  table: TableRules,
  then: TableRules,
  now: RowRules,
  later: RowRules,
): TableRules {
  const toCome = then.foreignKeys.filter((key) => !now.tables.has(key.parent));
  const columns = table.columns.map((column) => {
    const other = then.columns.find(({ number }) => number === column.number);
    if (!other) return column;
    const staysNull = toCome.some((key) => key.columns.includes(column.number));
    return { ...mergeColumn(column, other, now, later), ...(staysNull && { staysNull }) };
  });
  const has = (numbers: readonly number[]) =>
    numbers.every((number) => columns.some((column) => column.number === number));
  const keys = then.foreignKeys.filter(
    (key) =>
      has(key.columns) &&
      now.tables.has(key.parent) &&
      !table.foreignKeys.some((own) => String(own.columns) === String(key.columns)),
  );
  const checks = then.checks
    .filter((check) => check.columns.length > 0 && has(check.columns))
    .filter((check) => !table.checks.some(({ expression }) => expression === check.expression))
    .map((check) => laterCheck(check, then, later));
  return {
    ...table,
    columns,
    checks: [...table.checks, ...checks],
    foreignKeys: [...table.foreignKeys, ...keys],
    uniques: [...table.uniques, ...then.uniques.filter(has)],
  };
}

function laterCheck(check: CheckRule, then: TableRules, later: RowRules): CheckRule {
  const names = then.columns
    .filter(({ number }) => check.columns.includes(number))
    .map(({ number, name, type, modifier }) => ({
      number,
      name,
      cast: baseOf(later, type, modifier).type?.sql ?? 'pg_catalog.text',
    }));
  return { ...check, later: names };
}

function mergeColumn(
  column: ColumnRules,
  then: ColumnRules,
  now: RowRules,
  later: RowRules,
): ColumnRules {
  const required = column.required || then.required;
  if (column.type === then.type && column.modifier === then.modifier) {
    return { ...column, required };
  }
  const from = baseOf(now, column.type, column.modifier).type;
  const to = baseOf(later, then.type, then.modifier).type;
  const only = sharedLabels(from, to);
  const madeAs = convertible(from, to, column, then)
    ? { type: then.type, modifier: then.modifier }
    : undefined;
  return { ...column, required, ...(only && { only }), ...(madeAs && { madeAs }) };
}

/** The newest first, as in both types. */
function sharedLabels(from?: TypeRules, to?: TypeRules): string[] | undefined {
  if (from?.kind !== 'enum') return undefined;
  return to?.kind === 'enum' ? from.labels.filter((label) => to.labels.includes(label)) : undefined;
}

/** Whether values of the later type are values of today's as well, and convert where others may not. */
function convertible(
  from: TypeRules | undefined,
  to: TypeRules | undefined,
  column: ColumnRules,
  then: ColumnRules,
): boolean {
  if (!from || !to) return false;
  if (isText(from)) {
    if (!isText(to)) return true;
    return then.modifier !== -1 && (column.modifier === -1 || then.modifier < column.modifier);
  }
  const sizes = [WHOLE_NUMBERS.indexOf(from.name), WHOLE_NUMBERS.indexOf(to.name)];
  if (from.name === 'numeric') return (sizes[1] ?? -1) >= 0 || isNarrower(column, then);
  return (sizes[1] ?? -1) >= 0 && (sizes[0] ?? -1) > (sizes[1] ?? -1);
}

function isNarrower(column: ColumnRules, then: ColumnRules): boolean {
  return then.modifier !== -1 && (column.modifier === -1 || then.modifier < column.modifier);
}
