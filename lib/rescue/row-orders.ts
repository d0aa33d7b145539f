import type pg from 'pg';
import type { CopyOrder } from './make-copy';
import { insertSql, othersThan, sequencesSql, updateSql, type WayBack } from './merge-sql';
import { type Column, keyWithout, readTables, rowsOf, type Table } from './table-shape';

/** Said in a merge statement that knows of more rows than the script changed. */
const ALL_ROWS =
  '-- Every row was copied: which ones would change could not be told beforehand. This overwrites later changes, too.\n';

/** Whole rows: of a table that goes, or those that a statement takes out of one. */
export function wholeRows(
  table: Table,
  kind: 'table' | 'rows',
  hits: string | undefined,
  sequences: 'kept' | 'lost' = kind === 'table' ? 'lost' : 'kept',
): CopyOrder[] {
  const columns = table.columns.filter(({ generated }) => !generated);
  if (columns.length === 0) return [];
  return [
    {
      kind,
      subject: kind === 'table' ? `table ${table.qualified}` : `rows of ${table.qualified}`,
      table,
      columns,
      key: keyAmong(table, columns),
      source: sourceOf(table, hits),
      mergeSql: (way) =>
        [insertSql(way, columns), ...(sequences === 'lost' ? sequencesSql(way, columns) : [])].join(
          '\n',
        ),
    },
  ];
}

/** Values of some columns with what tells their rows apart. */
export function columnValues(
  table: Table,
  changed: readonly Column[],
  kind: 'columns' | 'rows',
  hits: string | undefined,
): CopyOrder[] {
  const columns = changed.filter(({ generated }) => !generated);
  if (columns.length === 0) return [];
  const key = keyWithout(table, columns);
  // Alike rows can only be told apart where all of them are there.
  const rows = key ? hits : undefined;
  return [
    {
      kind,
      subject: columnWords(table, columns, kind),
      table,
      columns: [...(key ?? othersThan(table, columns)), ...columns],
      key,
      source: sourceOf(table, rows),
      mergeSql: (way) =>
        [updateSql(way, columns), ...(kind === 'columns' ? sequencesSql(way, columns) : [])].join(
          '\n',
        ),
    },
  ];
}

/** Rows that a statement may change, take out or leave, nobody knows which: all of them. */
export function everyRow(table: Table, changed: readonly Column[] | undefined): CopyOrder[] {
  const orders = changed
    ? columnValues(table, changed, 'rows', undefined)
    : wholeRows(table, 'rows', undefined).map((order) => ({
        ...order,
        mergeSql: (way: WayBack) => bothWays(way, order.columns),
      }));
  return orders.map((order) => ({
    ...order,
    mergeSql: (way) => `${ALL_ROWS}${order.mergeSql(way)}`,
  }));
}

/** Rows that are gone come back, rows that are there become what they were. */
function bothWays(way: WayBack, columns: readonly Column[]): string {
  const [key] = way.table.keys;
  const insert = insertSql(way, columns);
  const rest = columns.filter(({ number }) => !key?.includes(number));
  return key && rest.length > 0 ? `${insert}\n${updateSql(way, rest)}` : insert;
}

function keyAmong(table: Table, columns: readonly Column[]): Column[] | undefined {
  const key = table.keys[0]?.map((number) => columns.find((column) => column.number === number));
  return key?.every((column) => column !== undefined) ? key : undefined;
}

function columnWords(table: Table, columns: readonly Column[], kind: 'columns' | 'rows'): string {
  const names = columns.map(({ quoted }) => quoted);
  const place = `${table.qualified}.${names.length === 1 ? names[0] : `(${names.join(', ')})`}`;
  const word = names.length === 1 ? 'column' : 'columns';
  return kind === 'columns' ? `${word} ${place}` : `values of ${word} ${place}`;
}

function sourceOf(table: Table, hits: string | undefined): string {
  const rows = `${rowsOf(table)} AS source`;
  if (hits === undefined) return rows;
  // On lines of its own: a comment at its end must not take the parenthesis with it.
  return `${rows} WHERE (source.tableoid, source.ctid) IN (\n${hits}\n)`;
}

interface Reference {
  table: number;
  columns: number[];
  /** Columns of the table that is referred to. */
  to: number[];
  onDelete: string;
}

/** The foreign keys that refer to a table. */
async function referencesTo(client: pg.Client, table: Table): Promise<Reference[]> {
  const { rows } = await client.query<Reference>(
    `SELECT conrelid::int8::float8 AS table, conkey::int4[] AS columns, confkey::int4[] AS to,
       confdeltype::text AS "onDelete"
     FROM pg_catalog.pg_constraint WHERE contype = 'f' AND confrelid = $1 ORDER BY oid`,
    [table.oid],
  );
  return rows;
}

/**
 * What ON DELETE does to the rows that refer to deleted ones, the farthest first: put back from the last to the
 * first, every row finds the one that it refers to.
 */
export async function deletedWith(
  client: pg.Client,
  table: Table,
  hits: string | undefined,
  passed: ReadonlySet<number> = new Set(),
): Promise<CopyOrder[]> {
  const orders: CopyOrder[] = [];
  const seen = new Set([...passed, table.oid]);
  const references = (await referencesTo(client, table)).filter(({ onDelete }) =>
    ['c', 'n', 'd'].includes(onDelete),
  );
  const referring = withoutPartitions(
    await readTables(client, [...new Set(references.map((reference) => reference.table))]),
  );
  for (const reference of references) {
    const from = referring.find(({ oid }) => oid === reference.table);
    if (!from) continue;
    const rows = referringRows(from, table, reference, hits);
    const columns = from.columns.filter(({ number }) => reference.columns.includes(number));
    if (reference.onDelete !== 'c') orders.push(...columnValues(from, columns, 'rows', rows));
    // A circle: how far it goes round only the run will tell.
    else if (seen.has(from.oid)) orders.push(...wholeRows(from, 'rows', undefined));
    else {
      orders.push(...(await deletedWith(client, from, rows, seen)));
      orders.push(...wholeRows(from, 'rows', rows));
    }
  }
  return orders;
}

function referringRows(
  from: Table,
  to: Table,
  reference: Reference,
  hits: string | undefined,
): string {
  const name = (table: Table, number: number | undefined) =>
    table.columns.find((column) => column.number === number)?.quoted ?? 'NULL';
  const same = reference.columns.map(
    (number, at) => `child.${name(from, number)} = parent.${name(to, reference.to[at])}`,
  );
  const hit = hits === undefined ? '' : ` AND (parent.tableoid, parent.ctid) IN (\n${hits}\n)`;
  return `SELECT child.tableoid, child.ctid FROM ${rowsOf(from)} AS child WHERE EXISTS (
SELECT FROM ${rowsOf(to)} AS parent WHERE ${same.join(' AND ')}${hit})`;
}

/** All tables that TRUNCATE … CASCADE empties along with these. */
export async function truncatedWith(client: pg.Client, tables: readonly Table[]): Promise<Table[]> {
  const { rows } = await client.query<{ oid: number }>(
    `WITH RECURSIVE emptied AS (
       SELECT pg_catalog.unnest($1::pg_catalog.oid[]) AS oid
       UNION
       SELECT k.conrelid FROM emptied JOIN pg_catalog.pg_constraint k
         ON k.contype = 'f' AND k.confrelid = emptied.oid
     ) SELECT oid::int8::float8 AS oid FROM emptied`,
    [tables.map(({ oid }) => oid)],
  );
  const more = rows.filter(({ oid }) => !tables.some((table) => table.oid === oid));
  return [
    ...tables,
    ...(await readTables(
      client,
      more.map(({ oid }) => oid),
    )),
  ];
}

/** Partitions are read with the table above them, where that is among the tables, too. */
export function withoutPartitions(tables: readonly Table[]): Table[] {
  const oids = new Set(tables.map(({ oid }) => oid));
  return tables.filter(({ partitionOf }) => partitionOf === null || !oids.has(partitionOf));
}

/**
 * Tables in such an order that each stands before those that it refers to: put back from the last to the first,
 * no foreign key is in the way, unless they refer to each other in a circle.
 */
export async function referringFirst(
  client: pg.Client,
  tables: readonly Table[],
): Promise<Table[]> {
  const { rows } = await client.query<{ from: number; to: number }>(
    `SELECT conrelid::int8::float8 AS from, confrelid::int8::float8 AS to
     FROM pg_catalog.pg_constraint
     WHERE contype = 'f' AND conrelid = ANY ($1::pg_catalog.oid[]) AND confrelid = ANY ($1::pg_catalog.oid[])
       AND conrelid <> confrelid`,
    [tables.map(({ oid }) => oid)],
  );
  const ordered: Table[] = [];
  const visited = new Set<number>();
  const visit = (table: Table): void => {
    if (visited.has(table.oid)) return;
    visited.add(table.oid);
    for (const { from, to } of rows) {
      const referring = to === table.oid && tables.find(({ oid }) => oid === from);
      if (referring) visit(referring);
    }
    ordered.push(table);
  };
  for (const table of tables) visit(table);
  return ordered;
}
