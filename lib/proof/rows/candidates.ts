import type { ConditionLiterals } from './condition-literals';
import { sampleOf } from './regex-sample';
import { baseOf, type ColumnRules, type RowRules, type TypeRules } from './row-rules';
import { numericLimits, tagOf, type Variant } from './scalar-values';
import { defaultConstant } from './text-values';
import { isText, textLimit, type ValueSource } from './value-source';

/** Texts that many conditions want: codes, names, addresses, numbers, colours. */
const WELL_KNOWN = [
  'a',
  'A',
  'abc',
  'ABC',
  'DE',
  'de',
  'EUR',
  'en-US',
  'abc-def',
  'abc_def',
  'a.b',
  'ada@example.org',
  'https://example.org/a',
  'example.org',
  '+491701234567',
  '12345',
  '0',
  '1.2.3',
  '#a1b2c3',
  '/a/b',
  '{}',
  '[]',
  '2024-05-06',
  '10:30',
  '0f9a1d2c-3b4e-4f5a-8b6c-7d8e9fa0b1c2',
  '',
];
const SMALL_NUMBERS = [1, 2, 5, 0, 10, 100, -1];
const NUMBERS = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'money', 'oid']);
const WHOLE = new Set(['int2', 'int4', 'int8', 'oid']);
const INSTANTS = new Set(['date', 'timestamp', 'timestamptz', 'time', 'timetz', 'interval']);
const LONGEST = 4_000;

/**
 * Values of a column among which some may satisfy a condition: what the rows would get anyway, what
 * the condition mentions, and what lies next to it. All of them are values of the column's type.
 */
export function candidatesFor(
  column: ColumnRules,
  others: readonly ColumnRules[],
  rules: RowRules,
  source: ValueSource,
  literals: ConditionLiterals,
  variants: readonly Variant[],
): string[] {
  if (column.staysNull && !column.required) return [];
  if (column.only) return column.only;
  const made = column.madeAs ?? column;
  const { type, modifier } = baseOf(rules, made.type, made.modifier);
  if (!type) return [];
  const allowed = source.allowed.get(made.type);
  if (allowed?.length) return [...allowed];
  const usual = [...variants, ...variants.map((variant) => ({ ...variant, plain: true }))].flatMap(
    (variant) => source.columnValue(column, others, variant) ?? [],
  );
  const typical = ofType(type, modifier, literals, variants, rules);
  const standard = defaultConstant(column.expression);
  return [...new Set([...(standard === null ? [] : [standard]), ...interleave(typical, usual)])];
}

/** By turns, so that a list that is cut short has of both. */
function interleave(one: readonly string[], other: readonly string[]): string[] {
  const length = Math.max(one.length, other.length);
  return Array.from({ length }, (_value, at) => [one[at], other[at]])
    .flat()
    .filter((value) => value !== undefined);
}

function ofType(
  type: TypeRules,
  modifier: number,
  literals: ConditionLiterals,
  variants: readonly Variant[],
  rules: RowRules,
): string[] {
  if (isText(type)) {
    const limit = textLimit(type, modifier) ?? LONGEST;
    return texts(literals, variants).filter((text) => [...text].length <= limit);
  }
  if (type.kind === 'enum') return type.labels;
  if (type.element !== null) return arrays(literals, rules.types.get(type.element));
  if (!type.builtIn) return [];
  if (NUMBERS.has(type.name)) return numbers(type.name, modifier, literals);
  if (type.name === 'bool') return ['true', 'false'];
  if (type.name === 'json' || type.name === 'jsonb') return json(literals);
  if (INSTANTS.has(type.name)) return instants(type.name, literals);
  if (type.name === 'bytea') return lengths(literals).map((length) => `\\x${'ab'.repeat(length)}`);
  return [];
}

function texts(literals: ConditionLiterals, variants: readonly Variant[]): string[] {
  const samples = literals.patterns.flatMap((pattern) =>
    variants.flatMap((variant) => {
      const sample = sampleOf(pattern, variant);
      return sample === null ? [] : [sample, sample.toUpperCase(), sample.toLowerCase()];
    }),
  );
  const long = lengths(literals).flatMap((length) =>
    variants.map((variant) => tagOf(variant).padEnd(length, 'ab').slice(0, length)),
  );
  const around = literals.texts.flatMap((text) => [`${text}a`, `a${text}`]);
  return [...samples, ...literals.texts, ...long, ...around, ...WELL_KNOWN];
}

/** Lengths that a condition may mean; bounded, since each becomes a value. */
function lengths({ asksLength, numbers: found }: ConditionLiterals): number[] {
  if (!asksLength) return [];
  const near = found.flatMap((number) => [number, number + 1, number - 1]);
  return near.filter((length) => Number.isInteger(length) && length >= 0 && length <= LONGEST);
}

function numbers(type: string, modifier: number, literals: ConditionLiterals): string[] {
  const mentioned = literals.numbers.flatMap((number) => [number, number + 1, number - 1]);
  const between = literals.numbers.flatMap((one) =>
    literals.numbers.map((other) => Math.floor((one + other) / 2)),
  );
  const limits = type === 'numeric' ? numericLimits(modifier) : null;
  return [...new Set([...mentioned, ...SMALL_NUMBERS, ...between, 0.5])]
    .filter((number) => !WHOLE.has(type) || Number.isInteger(number))
    .filter((number) => type !== 'int2' || Math.abs(number) < 32_768)
    .filter((number) => !['int4', 'oid'].includes(type) || Math.abs(number) < 2 ** 31)
    .filter((number) => type !== 'oid' || number >= 0)
    .filter((number) => !limits || Math.abs(number) < 10 ** limits.whole)
    .map((number) => number.toFixed(type === 'numeric' && !Number.isInteger(number) ? 1 : 0));
}

function json(literals: ConditionLiterals): string[] {
  const numbersThere = literals.numbers.length > 0 ? literals.numbers : [1];
  const values: unknown[] = [1, 'a', true, [], {}, ['a'], ...numbersThere, ...literals.texts];
  const objects = literals.texts.flatMap((key) => values.map((value) => ({ [key]: value })));
  const whole = (value: unknown) => Object.fromEntries(literals.texts.map((key) => [key, value]));
  return [...objects, ...values.map(whole), ...[{}, [], ['a'], [{}], { a: 1 }, 'a', 1, true]].map(
    (value) => JSON.stringify(value),
  );
}

function instants(type: string, literals: ConditionLiterals): string[] {
  const shape =
    type.startsWith('time') && !type.startsWith('timestamp') ? /^\d\d:\d\d/ : /^\d{4}-\d\d-\d\d/;
  const mentioned = literals.texts.filter((text) =>
    type === 'interval' ? /^(\d+ \w+|\d\d:\d\d|P)/.test(text) : shape.test(text),
  );
  if (type === 'interval') return [...mentioned, 'PT0S', 'P1D', 'PT1H', 'P1Y', '-P1D'];
  if (type === 'time' || type === 'timetz') return [...mentioned, '09:00', '17:30', '00:00'];
  const zone = type === 'timestamptz' ? '+00' : '';
  const days = mentioned.flatMap((text) => {
    const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
    if (Number.isNaN(day)) return [];
    return [1, -1].map((step) => new Date(day + step * 86_400_000).toISOString().slice(0, 10));
  });
  return [...mentioned, ...days, '2030-01-01', '2000-01-01', '1970-01-01'].map((text) =>
    /^\d{4}-\d\d-\d\d$/.test(text) && type !== 'date' ? `${text} 00:00:00${zone}` : text,
  );
}

function arrays(literals: ConditionLiterals, element: TypeRules | undefined): string[] {
  const items = !element
    ? []
    : isText(element)
      ? literals.texts
      : element.kind === 'enum'
        ? element.labels
        : NUMBERS.has(element.name)
          ? literals.numbers.filter(Number.isInteger).map(String)
          : [];
  const quoted = items.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`);
  return [...quoted.map((item) => `{${item}}`), `{${quoted.join(',')}}`, '{}'];
}
