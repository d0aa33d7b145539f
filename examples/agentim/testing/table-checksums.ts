import type { ClientBase } from 'pg';

/**
 * For each table of the application: its rows and a checksum over the text of all of them, in any
 * order. Comparable on one server and within one TimeZone and DateStyle. `except` leaves out
 * tables that take long.
 */
export async function tableChecksums(
  client: ClientBase,
  except: readonly string[] = [],
): Promise<Record<string, string>> {
  const tables = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm') AND relname <> ALL ($1)
     ORDER BY relname`,
    [except],
  );
  const checksums: Record<string, string> = {};
  for (const { name } of tables.rows) {
    const { rows } = await client.query<{ sum: string }>(
      `SELECT count(*) || ' rows, ' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS sum
       FROM "${name}" AS t`,
    );
    checksums[name] = rows[0]?.sum ?? '';
  }
  return checksums;
}
