import type { ClientBase } from 'pg';
import { automationRows, type OpenAiType } from './seed/automation';
import { conversationRows } from './seed/conversations';
import { isoFormat, type SeedValue, type TableRows } from './seed/expressions';
import { fleetRows } from './seed/fleet';
import { peopleRows } from './seed/people';
import { rowsSince } from './seed/since';

/** Table name → column name → type, as the database has them now. */
type Columns = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Fills AgentIM's tables at whatever head the database is, from 0018 on. The same head gets the
 * same bytes every time: all values come from hashes of a row number, none from a clock or a
 * random source. A table that already has rows is left alone, so a second call after further
 * migrations fills only the tables that are new. One transaction: the client must not be in one,
 * and nothing stays of a seed that fails.
 *
 * @returns rows inserted for each table that was filled.
 * @throws PostgreSQL's error when the schema is not AgentIM's, after a rollback.
 */
export async function seedAgentim(client: ClientBase): Promise<Record<string, number>> {
  const inserted: Record<string, number> = {};
  await client.query('BEGIN');
  try {
    const columns = await readColumns(client);
    // 0029 renames this type; older heads must get the older name.
    const openAiType: OpenAiType = columns.get('service_agents')?.has('category')
      ? 'openai-chat'
      : 'openai-compatible';
    for (const rows of [
      ...peopleRows,
      ...fleetRows,
      ...conversationRows,
      ...automationRows(openAiType),
    ]) {
      const existing = columns.get(rows.table);
      if (!existing || (await hasRows(client, rows.table))) continue;
      const result = await client.query(insertStatement(rows, existing));
      inserted[rows.table] = result.rowCount ?? 0;
    }
    if (Object.keys(inserted).length > 0) await refresh(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
  return inserted;
}

/**
 * Writes what people did in the day up to now, over seeded tables at 0035: what a backup of yesterday
 * lacks. In the caller's transaction; a second call fails on the keys of the first.
 *
 * @returns rows inserted for each table.
 */
export async function writeSince(client: ClientBase): Promise<Record<string, number>> {
  const inserted: Record<string, number> = {};
  const columns = await readColumns(client);
  for (const rows of rowsSince) {
    const existing = columns.get(rows.table);
    if (!existing) throw new Error(`There is no table ${rows.table}: the head is too old.`);
    const result = await client.query(insertStatement(rows, existing));
    inserted[rows.table] = result.rowCount ?? 0;
  }
  return inserted;
}

async function readColumns(client: ClientBase): Promise<Columns> {
  const { rows } = await client.query<{ table: string; column: string; type: string }>(`
    SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS "type"
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`);
  const tables = new Map<string, Map<string, string>>();
  for (const { table, column, type } of rows) {
    const columns = tables.get(table) ?? new Map<string, string>();
    tables.set(table, columns.set(column, type));
  }
  return tables;
}

async function hasRows(client: ClientBase, table: string): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT 1 FROM "${table}" LIMIT 1`);
  return rowCount !== 0;
}

/** Planner statistics are what estimates of table sizes are read from. */
async function refresh(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ view: string | null }>(
    `SELECT to_regclass('public.room_daily_activity')::text AS view`,
  );
  if (rows[0]?.view) await client.query(`REFRESH MATERIALIZED VIEW ${rows[0].view}`);
  await client.query('ANALYZE');
}

/** Columns that this head lacks, yet or since, are left out. */
function insertStatement(rows: TableRows, existing: ReadonlyMap<string, string>): string {
  const names: string[] = [];
  const values: string[] = [];
  for (const [column, value] of Object.entries(rows.columns)) {
    const type = existing.get(column);
    if (!type) continue;
    names.push(`"${column}"`);
    values.push(`(${expressionFor(value, type)})::${type}`);
  }
  return `INSERT INTO "${rows.table}" (${names.join(', ')})
    SELECT ${values.join(',\n')} FROM ${rows.from}`;
}

/** Before 0023 (and in 0028 and 0030) the application keeps times as ISO text, JSON as text. */
function expressionFor(value: SeedValue, type: string): string {
  if (typeof value === 'string') return value;
  if ('time' in value) {
    return type === 'text'
      ? `to_char((${value.time}) AT TIME ZONE 'UTC', ${isoFormat})`
      : value.time;
  }
  return value.json;
}
