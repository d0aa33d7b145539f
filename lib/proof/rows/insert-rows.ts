import pg from 'pg';
import type { PlannedRow } from './build-rows';
import { queryBehindSavepoint } from './open-transaction';
import type { ColumnRules, TableRules } from './row-rules';

/** Rows for one table, which may go in together with those of others. */
export interface Insertion {
  table: TableRules;
  rows: readonly PlannedRow[];
  /** Column numbers whose values are wanted back: what keys point to. */
  wanted: readonly number[];
}

/** A row that is in the table now. */
export interface InsertedRow {
  /** Where it lies, until somebody changes it. */
  place: { table: number; ctid: string };
  values: PlannedRow;
}

/**
 * Inserts rows, of several tables with one statement, at whose end PostgreSQL checks foreign keys.
 * Rows that a unique or exclusion constraint refuses are left out, where PostgreSQL can do that.
 * @param asReplica triggers of users, and those of foreign keys, stay silent
 * @returns for each insertion the rows that went in
 * @throws pg.DatabaseError; the transaction stays usable
 */
export async function insertRows(
  client: pg.ClientBase,
  insertions: readonly Insertion[],
  asReplica: boolean,
): Promise<InsertedRow[][]> {
  const statement = withAll(insertions);
  const deferred = insertions.flatMap(({ table }) => table.deferred).join(', ');
  const message = [
    ...(asReplica ? ["SET LOCAL session_replication_role = 'replica'"] : []),
    statement,
    ...(asReplica ? ["SET LOCAL session_replication_role = 'origin'"] : []),
    // A check that waits for the end of the transaction keeps others from changing the table.
    ...(deferred
      ? [`SET CONSTRAINTS ${deferred} IMMEDIATE`, `SET CONSTRAINTS ${deferred} DEFERRED`]
      : []),
  ].join(';\n');
  const results = await queryBehindSavepoint(client, message);
  const rows: ReturnedRow[] = results[asReplica ? 1 : 0]?.rows ?? [];
  return insertions.map(({ wanted }, at) =>
    rows.filter((row) => row.n === at).map((row) => toInserted(row, wanted)),
  );
}

interface ReturnedRow {
  n: number;
  t: number;
  c: string;
  v: (string | null)[];
}

function toInserted(row: ReturnedRow, wanted: readonly number[]): InsertedRow {
  return {
    place: { table: row.t, ctid: row.c },
    values: new Map(wanted.map((number, at) => [number, row.v[at] ?? null])),
  };
}

function withAll(insertions: readonly Insertion[]): string {
  const [only] = insertions;
  // A table with rules takes no part in a WITH.
  if (only && insertions.length === 1) return insertSql(only, 0);
  const parts = insertions.map((insertion, at) => `w${at} AS (${insertSql(insertion, at)})`);
  const all = insertions.map((_insertion, at) => `SELECT * FROM w${at}`).join(' UNION ALL ');
  return `WITH ${parts.join(',\n')} ${all}`;
}

function insertSql({ table, rows, wanted }: Insertion, at: number): string {
  const used = table.columns.filter(({ number }) => rows.some((row) => row.has(number)));
  // Some column has to be named, if only to be given its default.
  const columns = used.length > 0 ? used : table.columns.slice(0, 1);
  const names = columns.map(({ name }) => pg.escapeIdentifier(name));
  const into =
    columns.length > 0
      ? `(${names.join(', ')}) ${overriding(columns, rows)}VALUES ${rows.map((row) => values(columns, row)).join(', ')}`
      : 'DEFAULT VALUES';
  const wantedTexts = wanted.map((number) => {
    const name = table.columns.find((column) => column.number === number)?.name;
    return name === undefined ? 'NULL' : `${pg.escapeIdentifier(name)}::text`;
  });
  return `INSERT INTO ${table.name} ${into}${table.skipsConflicts ? ' ON CONFLICT DO NOTHING' : ''}
    RETURNING ${at} AS n, tableoid::int8::float8 AS t, ctid::text AS c, ARRAY[${wantedTexts.join(', ')}]::text[] AS v`;
}

function overriding(columns: readonly ColumnRules[], rows: readonly PlannedRow[]): string {
  const isSet = columns.some(
    ({ source, number }) => source === 'always identity' && rows.some((row) => row.has(number)),
  );
  return isSet ? 'OVERRIDING SYSTEM VALUE ' : '';
}

function values(columns: readonly ColumnRules[], row: PlannedRow): string {
  const texts = columns.map(({ number }) => {
    const value = row.get(number);
    if (value === undefined) return 'DEFAULT';
    return value === null ? 'NULL' : pg.escapeLiteral(value);
  });
  return `(${texts.join(', ')})`;
}
