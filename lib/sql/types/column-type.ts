/** A column's type taken apart: `numeric(10,2)[]`. */
export interface ColumnType {
  /** One name for each type, whichever way it was written: `int4`, `timestamptz`. */
  base: string;
  modifiers: number[];
  array: boolean;
}

/** PostgreSQL prints the long words, people and drizzle write the short ones. */
const SHORT: Record<string, string> = {
  smallint: 'int2',
  integer: 'int4',
  int: 'int4',
  bigint: 'int8',
  smallserial: 'int2',
  serial: 'int4',
  bigserial: 'int8',
  real: 'float4',
  'double precision': 'float8',
  decimal: 'numeric',
  boolean: 'bool',
  character: 'bpchar',
  char: 'bpchar',
  'character varying': 'varchar',
  'bit varying': 'varbit',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
  'time without time zone': 'time',
  'time with time zone': 'timetz',
};

const BUILT_IN = new Set([
  ...Object.values(SHORT),
  ...['text', 'citext', 'name', 'uuid', 'json', 'jsonb', 'xml', 'bytea', 'date', 'interval'],
  ...['money', 'inet', 'cidr', 'macaddr', 'macaddr8', 'bit', 'oid', 'point', 'line', 'lseg', 'box'],
  ...['path', 'polygon', 'circle', 'tsvector', 'tsquery', 'int4range', 'int8range', 'numrange'],
  ...['tsrange', 'tstzrange', 'daterange'],
]);

/** Reads a type as it is written in SQL or printed by `format_type`. */
export function readType(written: string): ColumnType {
  const array = /\[\d*\]\s*$/.test(written);
  const modifiers = (/\(([^)]*)\)/.exec(written)?.[1] ?? '')
    .split(',')
    .map((part) => Number.parseInt(part, 10))
    .filter((part) => Number.isSafeInteger(part));
  const bare = written
    .replaceAll(/\[\d*\]|\([^)]*\)/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^pg_catalog\./, '');
  const base = Object.hasOwn(SHORT, bare) ? (SHORT[bare] ?? bare) : bare;
  return { base: base.replace(/^public\./, ''), modifiers, array };
}

/** The name belongs to PostgreSQL itself, not to the schema. */
export function isBuiltIn(name: string): boolean {
  return BUILT_IN.has(readType(name).base);
}
