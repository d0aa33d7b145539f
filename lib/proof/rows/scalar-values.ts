import { createHash } from 'node:crypto';

/** Which value of a type is wanted. */
export interface Variant {
  /** Row number; each has another kind of value. */
  row: number;
  /** Keeps the rows of one planting apart from those of another. */
  salt: number;
  /** Nothing odd: short, positive, plain letters. */
  plain?: boolean;
}

/** Differs for each row and salt. */
export function uniqueNumber({ row, salt }: Variant): number {
  return salt * 16 + row + 1;
}

/** A few letters and digits that differ for each row and salt; the end differs most. */
export function tagOf(variant: Variant): string {
  return `k${uniqueNumber(variant).toString(36).padStart(4, '0')}`;
}

const DAY = 86_400_000;

/** Around changes of daylight saving time, of the year and of the century, where zones show. */
const INSTANTS = ['2024-03-31T00:30:00', '2024-11-03T05:30:00', '1999-12-31T23:59:59'];
const MICROS = ['123456', '000001', '999999'];

function instant(variant: Variant): { date: string; time: string } {
  const base = variant.plain ? '2024-06-15T12:00:00' : (INSTANTS[variant.row % 3] ?? INSTANTS[0]);
  const at = new Date(Date.parse(`${base}Z`) + (uniqueNumber(variant) % 3_000) * DAY);
  const [date = '', time = ''] = at.toISOString().slice(0, 19).split('T');
  return { date, time: `${time}.${MICROS[variant.row % 3]}` };
}

function whole(variant: Variant, values: readonly number[], cycle: number): string {
  const number = uniqueNumber(variant) % cycle;
  const base = variant.plain ? 100 : (values[variant.row % values.length] ?? 0);
  return String(base < 0 ? base - number : base + number);
}

/** Digits before and after the point that a numeric type modifier allows. */
export function numericLimits(modifier: number): { whole: number; fraction: number } | null {
  if (modifier < 4) return null;
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  return { whole: precision - scale, fraction: scale };
}

function numeric(variant: Variant, modifier: number): string {
  const limits = numericLimits(modifier);
  const unique = uniqueNumber(variant);
  if (!limits) {
    const odd = [`12345678901234567${unique}.123456789`, `${unique}.10`, `-0.0000${unique}`];
    return variant.plain ? `${unique}.5` : (odd[variant.row % 3] ?? `${unique}`);
  }
  if (limits.whole <= 0)
    return `0.${'0'.repeat(-limits.whole)}${String(unique).slice(0, Math.max(1, limits.whole + limits.fraction))}`;
  const largest = 10 ** Math.min(limits.whole, 12);
  const sizes = [
    largest - 1 - (unique % Math.min(largest, 1_000)),
    unique % largest,
    -(unique % largest),
  ];
  const number = variant.plain ? unique % largest : (sizes[variant.row % 3] ?? 1);
  if (limits.fraction <= 0) return String(number);
  const fraction = '9105237'.repeat(3).slice(variant.row % 3, (variant.row % 3) + limits.fraction);
  return `${number}.${fraction}`;
}

function float(variant: Variant, digits: number): string {
  const unique = uniqueNumber(variant);
  const odd = [unique + 0.1, Number(`1.25e-${digits}`) * unique, -(unique * 1234.5678)];
  return (variant.plain ? unique + 0.5 : (odd[variant.row % 3] ?? unique)).toPrecision(digits);
}

/** The same for the same variant, so that a proof can be repeated. */
export function uuid(variant: Variant): string {
  const hex = createHash('sha256').update(`${variant.row}/${variant.salt}`).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
  ];
  return `${parts.join('-')}-${hex.slice(20, 32)}`;
}

function jsonText(variant: Variant, keepsSpelling: boolean): string {
  const tag = tagOf(variant);
  if (variant.plain) return JSON.stringify({ id: tag });
  // Only json keeps blanks, order and repeated keys.
  if (keepsSpelling && variant.row % 3 === 0) {
    return `{ "b": 1.50,  "a": "${tag}", "ü": null, "b": 2 }`;
  }
  const values = [
    { name: `Zoë ${tag}`, n: 1.5, big: 12345678901, on: true, none: null, list: [1, 'two', {}] },
    { name: tag, nested: { deep: [[], ''] } },
    { name: `"${tag}"\n`, zero: 0 },
  ];
  return JSON.stringify(values[variant.row % 3]);
}

function bits(variant: Variant, length: number): string {
  return uniqueNumber(variant).toString(2).padStart(length, '0').slice(-length);
}

function octet(variant: Variant, shift = 0): number {
  return (uniqueNumber(variant) >> shift) & 0xff;
}

function hexOctet(variant: Variant, shift = 0): string {
  return octet(variant, shift).toString(16).padStart(2, '0');
}

type Generator = (variant: Variant, modifier: number) => string;

function pick(variant: Variant, ...values: [string, ...string[]]): string {
  return values[variant.row % values.length] ?? values[0];
}

const spot = (variant: Variant): string => `(${uniqueNumber(variant)}.5,-2)`;

/** Values of PostgreSQL's own types, by their name in pg_type. Those of text are kept apart. */
const BUILT_IN: Record<string, Generator> = {
  bool: (variant) => (variant.row % 2 === 0 ? 'true' : 'false'),
  int2: (variant) => whole(variant, [30_000, 7, -5], 2_000),
  int4: (variant) => whole(variant, [1_000_003, 40, -3], 160_000),
  int8: (variant) =>
    variant.row % 3 === 0 && !variant.plain
      ? String(9_007_199_254_740_993n + BigInt(uniqueNumber(variant)))
      : whole(variant, [0, 40, -3], 160_000),
  float4: (variant) => float(variant, 6),
  float8: (variant) => float(variant, 15),
  numeric,
  money: (variant) => `${uniqueNumber(variant)}.25`,
  bytea: (variant) => `\\x00ff${uniqueNumber(variant).toString(16).padStart(8, '0')}`,
  date: (variant) => instant(variant).date,
  time: (variant) => instant(variant).time,
  timetz: (variant) => `${instant(variant).time}${pick(variant, '+05:30', '-03', '+00')}`,
  timestamp: (variant) => `${instant(variant).date} ${instant(variant).time}`,
  timestamptz: (variant) => `${instant(variant).date} ${instant(variant).time}+00`,
  interval: (variant) =>
    pick(
      variant,
      `P1M${uniqueNumber(variant)}DT4H5M6.789012S`,
      `P${uniqueNumber(variant)}D`,
      `PT${uniqueNumber(variant)}.000001S`,
    ),
  uuid,
  json: (variant) => jsonText(variant, true),
  jsonb: (variant) => jsonText(variant, false),
  jsonpath: (variant) => `$.k${tagOf(variant)}[*]`,
  xml: (variant) => `<a n="${tagOf(variant)}">ü &amp; <b/></a>`,
  inet: (variant) =>
    pick(
      variant,
      `10.${octet(variant, 8)}.${octet(variant)}.7/8`,
      `2001:db8::${uniqueNumber(variant).toString(16)}`,
      `192.168.${octet(variant, 8)}.${octet(variant)}`,
    ),
  cidr: (variant) => `10.${octet(variant, 8)}.${octet(variant)}.0/24`,
  macaddr: (variant) =>
    `08:00:2b:${hexOctet(variant, 16)}:${hexOctet(variant, 8)}:${hexOctet(variant)}`,
  macaddr8: (variant) =>
    `08:00:2b:ff:fe:${hexOctet(variant, 16)}:${hexOctet(variant, 8)}:${hexOctet(variant)}`,
  bit: (variant, modifier) => bits(variant, modifier > 0 ? modifier : 1),
  varbit: (variant, modifier) => bits(variant, modifier > 0 ? Math.min(modifier, 24) : 24),
  point: spot,
  line: (variant) => `{1,-1,${uniqueNumber(variant)}}`,
  lseg: (variant) => `[${spot(variant)},(1,1)]`,
  box: (variant) => `${spot(variant)},(1,1)`,
  path: (variant) => `[${spot(variant)},(1,1),(2,0)]`,
  polygon: (variant) => `(${spot(variant)},(1,1),(2,0))`,
  circle: (variant) => `<${spot(variant)},3>`,
  tsvector: (variant) => `'straße':1A 'k${tagOf(variant)}':2`,
  tsquery: (variant) => `'a' & !'k${tagOf(variant)}'`,
  oid: (variant) => String(uniqueNumber(variant)),
  xid: (variant) => String(uniqueNumber(variant)),
  xid8: (variant) => String(uniqueNumber(variant)),
  cid: (variant) => String(uniqueNumber(variant)),
  tid: (variant) => `(${uniqueNumber(variant)},1)`,
  pg_lsn: (variant) => `16/${uniqueNumber(variant).toString(16)}`,
  pg_snapshot: (variant) => `10:${20 + uniqueNumber(variant)}:10,14`,
  txid_snapshot: (variant) => `10:${20 + uniqueNumber(variant)}:10,14`,
  int2vector: (variant) => `1 ${variant.row}`,
  oidvector: (variant) => `1 ${uniqueNumber(variant)}`,
  regclass: (variant) => pick(variant, 'pg_class', 'pg_type', 'pg_proc'),
  regtype: (variant) => pick(variant, 'integer', 'text', 'uuid'),
  regproc: (variant) => pick(variant, 'clock_timestamp', 'version', 'pi'),
  regprocedure: (variant) => pick(variant, 'clock_timestamp()', 'version()', 'pi()'),
  regoper: () => '0',
  regoperator: (variant) => pick(variant, '+(integer,integer)', '-(integer,integer)'),
  regnamespace: (variant) => pick(variant, 'pg_catalog', 'pg_toast'),
  regrole: () => '-',
  regconfig: (variant) => pick(variant, 'simple', 'english', 'german'),
  regdictionary: () => 'simple',
  regcollation: (variant) => pick(variant, '"C"', '"POSIX"'),
};

function vector(variant: Variant, dimensions: number): number[] {
  return Array.from({ length: dimensions }, (_value, at) =>
    at === 0 ? uniqueNumber(variant) : 0.5,
  );
}

/** Values of types that well-known extensions bring. */
const FROM_EXTENSIONS: Record<string, Generator> = {
  hstore: (variant) => `"a"=>"${tagOf(variant)}", "Ü b"=>NULL`,
  ltree: (variant) => `Top.K${tagOf(variant)}.a_b`,
  lquery: (variant) => `Top.*.k${tagOf(variant)}`,
  ltxtquery: (variant) => `Top & k${tagOf(variant)}`,
  cube: (variant) => `(1, 2.5, ${uniqueNumber(variant)})`,
  seg: (variant) => `1 .. ${uniqueNumber(variant) + 1}`,
  isbn: (variant) => pick(variant, '978-0-393-04002-9', '0-13-110362-8'),
  isbn13: (variant) => pick(variant, '978-0-393-04002-9', '978-0-13-110362-7'),
  ean13: (variant) => pick(variant, '978-0-393-04002-9', '978-0-13-110362-7'),
  issn: () => '1436-4522',
  vector: (variant, modifier) => `[${vector(variant, modifier > 0 ? modifier : 3).join(',')}]`,
  halfvec: (variant, modifier) =>
    `[${vector({ ...variant, salt: 0 }, modifier > 0 ? modifier : 3).join(',')}]`,
  sparsevec: (variant, modifier) => `{1:${uniqueNumber(variant)}}/${modifier > 0 ? modifier : 3}`,
  geometry: (variant) => `POINT(1.5 ${uniqueNumber(variant)})`,
  geography: (variant) => `POINT(1.5 ${uniqueNumber(variant) % 80})`,
  semver: (variant) => `1.2.${uniqueNumber(variant)}`,
};

/** A value of a type that is not text, nor made of others; null when the type is not known. */
export function scalarValue(
  type: { name: string; builtIn: boolean },
  modifier: number,
  variant: Variant,
): string | null {
  const generators = type.builtIn ? BUILT_IN : FROM_EXTENSIONS;
  const generate = Object.hasOwn(generators, type.name) ? generators[type.name] : undefined;
  return generate?.(variant, modifier) ?? null;
}
