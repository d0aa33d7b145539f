import pg from 'pg';
import type { NamesBefore } from './names-before';
import { type Column, keyWithout, type Table } from './table-shape';

/**
 * The way back from a copy. Each text is run by a person, once the table or column is there again; it goes by
 * the names that they had before the rollback and have then.
 */
export interface WayBack {
  table: Table;
  /** `backstep_rescue.rb_0007_s1_1`; its columns have the names of when it was made. */
  copy: string;
  names: NamesBefore;
}

/** Puts whole rows back; those whose key is taken by then are left alone. */
export function insertSql(way: WayBack, columns: readonly Column[]): string {
  const { table, names, copy } = way;
  const values = columns.map((column) => savedValue(way, column)).join(', ');
  const into = `INSERT INTO ${names.table} (${columns.map(names.column).join(', ')}) OVERRIDING SYSTEM VALUE`;
  if (table.keys.length === 0) return insertByContents(way, columns, into, values);
  return [`${into}\nSELECT ${values} FROM ${copy} AS saved`, 'ON CONFLICT DO NOTHING;'].join('\n');
}

/**
 * Without a key, rows are told by all that they hold, and those that are alike are counted on both sides: what is
 * put back is what lacks. Merged twice, or where only some of the copied rows are gone, nothing is doubled.
 */
function insertByContents(
  way: WayBack,
  columns: readonly Column[],
  into: string,
  values: string,
): string {
  const then = numbered(values);
  const now = numbered(columns.map(way.names.column).join(', '));
  return [
    '-- The table has no key: of rows that are alike in all they hold, only as many are put back as lack now.',
    into,
    `SELECT ${values} FROM (SELECT *, ${then} FROM ${way.copy} AS saved) AS saved`,
    `WHERE NOT EXISTS (SELECT FROM (SELECT ${now} FROM ${rows(way)}) AS present`,
    '  WHERE present.backstep_contents = saved.backstep_contents AND present.backstep_nth = saved.backstep_nth)',
    'ON CONFLICT DO NOTHING;',
  ].join('\n');
}

/** Puts the values of some columns back into the rows that are still there. */
export function updateSql(way: WayBack, columns: readonly Column[]): string {
  const { table, names } = way;
  const key = keyWithout(table, columns);
  const update = key ? updateByKey(way, columns, key) : updateByContents(way, columns);
  const identities = columns.filter(({ alwaysIdentity }) => alwaysIdentity);
  const alter = (how: string) =>
    identities.map(
      (column) =>
        `ALTER TABLE ${names.table} ALTER COLUMN ${names.column(column)} SET GENERATED ${how};`,
    );
  return [...alter('BY DEFAULT'), update, ...alter('ALWAYS')].join('\n');
}

function updateByKey(way: WayBack, columns: readonly Column[], key: readonly Column[]): string {
  const { names, copy } = way;
  const same = key.map((column) => `present.${names.column(column)} = ${savedValue(way, column)}`);
  // By their texts: some types know no equality.
  const differs = columns.map(
    (column) =>
      `present.${names.column(column)}::text IS DISTINCT FROM saved.${column.quoted}::text`,
  );
  return [
    `UPDATE ${rows(way)} AS present SET ${assignments(way, columns)}`,
    `FROM ${copy} AS saved`,
    `WHERE ${same.join(' AND ')}`,
    `  AND (${differs.join(' OR ')});`,
  ].join('\n');
}

/**
 * Without a key, rows are told by everything else that they hold. Those that are alike in that are numbered on
 * both sides: which of them gets which value makes no difference.
 */
function updateByContents(way: WayBack, columns: readonly Column[]): string {
  const { table, names, copy } = way;
  const others = othersThan(table, columns);
  const now = numbered(others.map(names.column).join(', '));
  const then = numbered(others.map(({ quoted }) => quoted).join(', '));
  return [
    `UPDATE ${rows(way)} AS present SET ${assignments(way, columns)}`,
    `FROM (SELECT tableoid AS part, ctid AS place, ${now} FROM ${rows(way)}) AS found`,
    `JOIN (SELECT *, ${then} FROM ${copy}) AS saved USING (backstep_contents, backstep_nth)`,
    'WHERE present.tableoid = found.part AND present.ctid = found.place;',
  ].join('\n');
}

const numbered = (contents: string): string =>
  `ROW(${contents})::text AS backstep_contents, row_number() OVER (PARTITION BY ROW(${contents})::text) AS backstep_nth`;

/** Columns that tell the rows of a table without a key apart. */
export function othersThan(table: Table, columns: readonly Column[]): Column[] {
  const taken = new Set(columns.map(({ number }) => number));
  return table.columns.filter(({ number, generated }) => !taken.has(number) && !generated);
}

const rows = ({ table, names }: WayBack): string =>
  table.kind === 'p' ? names.table : `ONLY ${names.table}`;

function assignments(way: WayBack, columns: readonly Column[]): string {
  return columns
    .map((column) => `${way.names.column(column)} = ${savedValue(way, column)}`)
    .join(', ');
}

function savedValue({ names }: WayBack, column: Column): string {
  const value = `saved.${column.quoted}`;
  return column.asText ? `CAST(${value} AS ${names.type(column)})` : value;
}

/** Lets the sequences of these columns go on where they were; never back to numbers that have been given. */
export function sequencesSql({ table, names }: WayBack, columns: readonly Column[]): string[] {
  return table.sequences.flatMap(({ column, lastValue, ascending }) => {
    const owner = columns.find(({ number }) => number === column);
    if (!owner) return [];
    const of = `${pg.escapeLiteral(names.table)}, ${pg.escapeLiteral(names.bare(owner))}`;
    return [
      [
        `SELECT setval(s::regclass, ${ascending ? 'greatest' : 'least'}(${lastValue}, nextval(s::regclass)))`,
        `FROM pg_get_serial_sequence(${of}) AS s WHERE s IS NOT NULL;`,
      ].join('\n'),
    ];
  });
}
