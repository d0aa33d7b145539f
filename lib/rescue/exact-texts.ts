import type pg from 'pg';

/** Texts from which every session reads the same values again. */
const EXACT = { datestyle: 'ISO, MDY', intervalstyle: 'postgres', extra_float_digits: '1' };

/**
 * Sets how values are printed, where the session does otherwise: as seldom as that is, it shows in the settings
 * that a step leaves behind.
 * @returns what was set before
 */
export async function printExactly(
  client: pg.Client,
): Promise<{ name: string; setting: string }[]> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `SELECT pg_catalog.lower(name) AS name, setting FROM pg_catalog.pg_settings
     WHERE name = 'DateStyle' AND setting NOT LIKE 'ISO%'
       OR name = 'IntervalStyle' AND setting <> 'postgres'
       OR name = 'extra_float_digits' AND setting::int < 1`,
  );
  for (const { name } of rows) await setLocally(client, name, EXACT[name as keyof typeof EXACT]);
  return rows;
}

/** Sets something until the transaction ends. */
export async function setLocally(client: pg.Client, name: string, setting: string): Promise<void> {
  await client.query('SELECT pg_catalog.set_config($1, $2, true)', [name, setting]);
}
