import type pg from 'pg';
import { createTestDatabase } from '@/lib/testing/database';
import { type CapturedRows, type CapturedTable, captureRows } from './capture-rows';

/** Tables of the current database that hold the user's rows, as PostgreSQL prints their names. */
const USER_TABLES = `
SELECT format('%I.%I', n.nspname, c.relname) AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1`;

/** Runs a test in a database of its own, inside one transaction, with a schema in it. */
export async function withSchema(
  sql: string,
  work: (client: pg.Client, tables: string[]) => Promise<void>,
): Promise<void> {
  const database = await createTestDatabase();
  const client = await database.connect();
  try {
    await client.query(sql);
    await client.query('BEGIN');
    await work(client, await userTables(client));
  } finally {
    await client.end();
    await database.drop();
  }
}

export async function userTables(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(USER_TABLES);
  return rows.map(({ name }) => name);
}

/** @throws Error when the capture has no such table */
export function tableOf(captured: CapturedRows, name: string): CapturedTable {
  const table = captured.tables.find((one) => one.name === name);
  if (!table) throw new Error(`${name} was not captured.`);
  return table;
}

/** The texts of one column. */
export async function textsOf(
  client: pg.ClientBase,
  table: string,
  column: string,
): Promise<(string | null)[]> {
  const captured = tableOf(await captureRows(client, [table]), table);
  const at = captured.columns.findIndex(({ name }) => name === column);
  return captured.rows.map((row) => row[at] ?? null);
}
