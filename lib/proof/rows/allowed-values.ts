import type pg from 'pg';
import { problemFor } from './condition-problems';
import type { RowRules, TypeRules } from './row-rules';
import { scalarValue, type Variant } from './scalar-values';
import { solveConditions } from './solve-conditions';
import { isText, type ValueSource } from './value-source';

/** Texts that one or the other type of an extension may take. */
const GUESSES = [
  '1',
  'a',
  '1.5',
  '(1,2)',
  '{}',
  '[]',
  '{1,2}',
  '[1,2]',
  'a=1',
  '1/2',
  '0/0',
  'abc',
];

/**
 * Values of the types for which no rule of ours knows any: domains with conditions, and types of
 * unknown form.
 */
export async function allowedValues(
  client: pg.ClientBase,
  rules: RowRules,
  source: ValueSource,
  variants: readonly Variant[],
): Promise<Map<number, string[]>> {
  const allowed = new Map<number, string[]>();
  for (const type of rules.types.values()) {
    if (type.kind === 'domain' && conditionsOf(type, rules).length > 0) {
      allowed.set(type.oid, await domainValues(client, type, rules, source, variants));
    } else if (isUnknown(type)) {
      allowed.set(type.oid, await guessedValues(client, type, rules, source));
    }
  }
  return allowed;
}

/** Of the domain and of those below it. */
function conditionsOf(type: TypeRules, rules: RowRules): string[] {
  const below = type.base ? rules.types.get(type.base.type) : undefined;
  return [...type.checks, ...(below ? conditionsOf(below, rules) : [])];
}

function isUnknown(type: TypeRules): boolean {
  if (type.kind !== 'base' || type.element !== null || isText(type)) return false;
  return scalarValue(type, -1, { row: 0, salt: 0 }) === null;
}

/** A domain's condition speaks of VALUE, which is read as a column of that name. */
async function domainValues(
  client: pg.ClientBase,
  type: TypeRules,
  rules: RowRules,
  source: ValueSource,
  variants: readonly Variant[],
): Promise<string[]> {
  const checks = conditionsOf(type, rules).map((expression) => ({
    name: type.name,
    expression,
    columns: [1],
  }));
  return solveOne(client, type, rules, source, checks, variants, undefined);
}

async function guessedValues(
  client: pg.ClientBase,
  type: TypeRules,
  rules: RowRules,
  source: ValueSource,
): Promise<string[]> {
  const values: string[] = [];
  for (const guess of GUESSES) {
    const check = { name: type.name, expression: 'value IS NOT NULL', columns: [1] };
    values.push(...(await solveOne(client, type, rules, source, [check], [], [guess])));
  }
  return values;
}

async function solveOne(
  client: pg.ClientBase,
  type: TypeRules,
  rules: RowRules,
  source: ValueSource,
  checks: { name: string; expression: string; columns: number[] }[],
  variants: readonly Variant[],
  guesses: readonly string[] | undefined,
): Promise<string[]> {
  const column = {
    name: 'value',
    number: 1,
    type: type.oid,
    modifier: -1,
    required: true,
    source: 'given' as const,
    expression: null,
    sequence: null,
  };
  const table = {
    oid: 0,
    name: type.sql,
    from: type.sql,
    given: false,
    columns: [column],
    checks,
    foreignKeys: [],
    uniques: [],
    skipsConflicts: false,
    deferred: [],
    takesRows: false,
  };
  const fixed = new Map(guesses ? [[1, guesses] as const] : []);
  const problem = problemFor(table, { checks, numbers: [1] }, rules, source, variants, fixed);
  const [found = []] = await solveConditions(client, [problem], rules);
  return found.flatMap((combination) => combination.get(1) ?? []);
}
