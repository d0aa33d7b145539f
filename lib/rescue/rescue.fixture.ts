import type pg from 'pg';
import { readRescueCopies, rescueBefore } from '.';
import type { FoundCopy, RescuedCopy, RescueInput } from './rescued-copy';

export const ROLLBACK = 'RB-0007';
export const LIMIT = 64 * 1024 * 1024;

/** Runs the statements of one step as the run does: copy, statement, copy, statement. */
export async function runWithCopies(
  client: pg.Client,
  statements: readonly string[],
  input: Partial<RescueInput> = {},
): Promise<RescuedCopy[]> {
  const copies: RescuedCopy[] = [];
  await client.query('BEGIN');
  try {
    for (const [index, text] of statements.entries()) {
      const statement = { index, text };
      copies.push(
        ...(await rescueBefore(client, {
          rollback: ROLLBACK,
          position: 0,
          limitBytes: LIMIT,
          earlier: () => statements.slice(0, index).map((before) => ({ text: before })),
          ...input,
          statement,
        })),
      );
      await client.query(text);
    }
    await client.query('COMMIT');
    return copies;
  } catch (cause) {
    await client.query('ROLLBACK');
    throw cause;
  }
}

/** What tables hold, as texts in an order of their own. */
export async function rowsIn(client: pg.Client, tables: readonly string[]): Promise<string[][]> {
  const found: string[][] = [];
  for (const table of tables) {
    const { rows } = await client.query<{ row: string }>(
      `SELECT t.tableoid::regclass::text || t::text AS row FROM ${table} AS t ORDER BY 1`,
    );
    found.push(rows.map(({ row }) => row));
  }
  return found;
}

/** Merges the newest first, as the copies say themselves. */
export async function mergeAll(client: pg.Client): Promise<FoundCopy[]> {
  const copies = await readRescueCopies(client, ROLLBACK);
  for (const copy of [...copies].reverse()) await client.query(copy.mergeSql);
  return copies;
}
