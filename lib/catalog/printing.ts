import pg from 'pg';

/**
 * Settings that change how PostgreSQL prints names, defaults and bounds. With these fixed, two sessions
 * read the same text; JIT only costs time on queries like ours.
 */
export const PRINTING: Readonly<Record<string, string>> = {
  search_path: 'pg_catalog',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  jit: 'off',
};

/** Sets them for the rest of the transaction, or until its savepoint is rolled back to. */
export function setLocally(settings: Readonly<Record<string, string>>): string {
  const calls = Object.entries(settings).map(
    ([name, value]) =>
      `pg_catalog.set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  );
  return `SELECT ${calls.join(', ')}`;
}

/** Several statements in one message; node-postgres answers with a list when there is more than one. */
export async function queryAll(client: pg.ClientBase, sql: string): Promise<pg.QueryResult[]> {
  const answer: pg.QueryResult | pg.QueryResult[] = await client.query(sql);
  return Array.isArray(answer) ? answer : [answer];
}
