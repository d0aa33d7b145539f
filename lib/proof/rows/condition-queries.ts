import pg from 'pg';
import type { Problem } from './condition-problems';
import { baseOf, type CheckRule, type RowRules } from './row-rules';

/** Combinations that are taken over. */
const TAKEN = 120;

/** Finds the combinations that satisfy the conditions, as places in the lists of candidates. */
export function queryFor(
  problem: Problem,
  rules: RowRules,
  checks: CheckRule[],
  most: number,
): string {
  const lists = shortened(problem.candidates, most);
  const places = problem.columns.map((_column, at) => `"#${at}"`);
  const numbers = problem.columns.map((_column, at) => `g${at}.i AS "#${at}", `).join('');
  const values = problem.columns.map((_column, at) => `g${at}.v`);
  const given = givenRow(problem, rules, values, numbers, sourcesOf(lists));
  return `SELECT ${places.map((place) => `${place}::pg_catalog.int4`).join(', ')} FROM ${given}
    WHERE ${allOf(checks, problem)} ORDER BY ${mixed(places)} LIMIT ${TAKEN}`;
}

/** Neither all with the first value of one list, nor another choice each time. */
function mixed(places: readonly string[]): string {
  return `pg_catalog.md5(pg_catalog.concat_ws(',', ${places.join(', ')}))`;
}

function sourcesOf(lists: readonly (readonly (string | null)[])[]): string {
  const sources = lists.map((list, at) => {
    const items = list.map((value) => (value === null ? 'NULL' : pg.escapeLiteral(value)));
    return `pg_catalog.unnest(ARRAY[${items.join(',')}]::pg_catalog.text[]) WITH ORDINALITY AS g${at}(v, i)`;
  });
  return sources.join(', ');
}

/** The columns under their names, as the conditions know them. */
function givenRow(
  problem: Problem,
  rules: RowRules,
  values: readonly string[],
  numbers: string,
  sources?: string,
): string {
  const typed = problem.columns.map((column, at) => {
    const type = baseOf(rules, column.type, column.modifier).type?.sql ?? 'pg_catalog.text';
    return `${values[at]}::${type} AS ${pg.escapeIdentifier(column.name)}`;
  });
  const from = sources === undefined ? '' : ` FROM ${sources}`;
  const given = `(SELECT ${numbers}${typed.join(', ')}${from}) AS given`;
  if (problem.generated.length === 0) return given;
  const generated = problem.generated.map(
    (column) => `${column.expression ?? 'NULL'} AS ${pg.escapeIdentifier(column.name)}`,
  );
  return `(SELECT given.*, ${generated.join(', ')} FROM ${given}) AS given`;
}

function allOf(checks: readonly CheckRule[], problem: Problem): string {
  return checks.map((check) => conditionOf(check, problem)).join(' AND ');
}

function conditionOf(check: CheckRule, problem: Problem): string {
  if (!check.later) return `(${check.expression}) IS NOT FALSE`;
  const columns = check.later.map(({ number, name, cast }) => {
    const today = problem.columns.find((column) => column.number === number);
    const value = today ? `given.${pg.escapeIdentifier(today.name)}::text` : 'NULL';
    return `${value}::${cast} AS ${pg.escapeIdentifier(name)}`;
  });
  return `(SELECT (${check.expression}) FROM (SELECT ${columns.join(', ')}) AS later) IS NOT FALSE`;
}

/**
 * As `queryFor`, but looks at each combination alone, so that a failure counts as a condition that does
 * not hold. The first statement makes the function for the second.
 */
export function queryEach(
  problem: Problem,
  rules: RowRules,
  checks: CheckRule[],
  most: number,
): [string, string] {
  const values = problem.columns.map((_column, at) => `($1)[${at + 1}]`);
  const given = givenRow(problem, rules, values, '');
  const holds = `CREATE FUNCTION pg_temp.backstep_holds(pg_catalog.text[]) RETURNS pg_catalog.bool
    LANGUAGE plpgsql AS $backstep$
    #variable_conflict use_column
    BEGIN
      RETURN (SELECT ${allOf(checks, problem)} FROM ${given});
    EXCEPTION WHEN OTHERS THEN
      RETURN false;
    END $backstep$`;
  const lists = shortened(problem.candidates, most);
  const places = lists.map((_list, at) => `g${at}.i::pg_catalog.int4 AS "#${at}"`);
  const texts = lists.map((_list, at) => `g${at}.v`);
  const select = `SELECT ${places.join(', ')} FROM ${sourcesOf(lists)}
    WHERE pg_temp.backstep_holds(ARRAY[${texts.join(', ')}])
    ORDER BY ${mixed(lists.map((_list, at) => `g${at}.i`))} LIMIT ${TAKEN}`;
  return [holds, select];
}

/** Cuts the longest lists until all combinations together are few enough. */
export function shortened(lists: readonly (string | null)[][], most: number): (string | null)[][] {
  const lengths = lists.map((list) => list.length);
  const product = () => lengths.reduce((all, length) => all * length, 1);
  while (product() > most) {
    const longest = Math.max(...lengths);
    if (longest <= 2) break;
    lengths[lengths.indexOf(longest)] = longest - 1;
  }
  return lists.map((list, at) => list.slice(0, lengths[at]));
}
