import type pg from 'pg';
import { sha256Hex } from '@/lib/core/digest';
import { withLaterRules } from './later-rules';
import { inTransaction } from './open-transaction';
import { plantOrder } from './plant-order';
import { type PlantedRows, Planting } from './planting';
import { type RowRules, readRowRules } from './row-rules';

export interface PlantOptions {
  /** Rows per table; 3 unless told. */
  rows?: number;
  /** Another salt gives other values: the rows of two plantings do not collide. */
  salt?: string;
  /**
   * What the rows have to comply with later on, by `readRowRules`: read after an up (or a down) that
   * was tried without rows, it makes rows that let themselves be converted by it.
   */
  survive?: RowRules;
}

const ROWS = 3;
/** Salts in use; beyond it numbers would grow out of the small types. */
const SALTS = 9_973;

/**
 * Puts a few rows into each of the given tables, parents first, with nulls and odd values where they
 * are allowed. Parents that are not given get rows when they have none and a row needs them. A table
 * that takes no row is told, and the caller's transaction goes on; without one, the rows are committed.
 * Rows that are there stay as they are.
 * @param tables qualified, quoted as PostgreSQL prints them or not; unknown ones are left out
 */
export async function plantRows(
  client: pg.ClientBase,
  tables: readonly string[],
  options: PlantOptions = {},
): Promise<PlantedRows> {
  if (tables.length === 0) return { tables: [], empty: [] };
  return inTransaction(client, async () => {
    const read = await readRowRules(client, tables);
    const rules = options.survive ? withLaterRules(read, options.survive) : read;
    const given = [...rules.tables.values()].filter((table) => table.given);
    const salt = options.salt ? Number.parseInt(sha256Hex(options.salt).slice(0, 8), 16) : 0;
    const planting = new Planting(client, rules, options.rows ?? ROWS, salt % SALTS);
    await planting.prepare(given);
    for (const group of plantOrder(given, rules)) await planting.plant(group);
    await planting.closeCircles();
    return planting.result();
  });
}
