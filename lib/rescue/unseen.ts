import type pg from 'pg';
import type { Commands } from './commands';
import type { RescueSession } from './rescued-copy';
import type { Table } from './table-shape';

/** Called a second time, a volatile function may choose other rows, or do what it does twice. */
export async function isVolatile(client: pg.Client, names: readonly string[]): Promise<boolean> {
  return (await volatileAmong(client, names, false)).length > 0;
}

async function volatileAmong(
  client: pg.Client,
  names: readonly string[],
  own: boolean,
): Promise<string[]> {
  if (names.length === 0) return [];
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT p.proname::text AS name FROM pg_catalog.pg_proc p
     WHERE p.proname = ANY ($1::name[]) AND p.provolatile = 'v'
       AND (NOT $2 OR p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace) ORDER BY 1`,
    [names, own],
  );
  return rows.map(({ name }) => name);
}

/** ON UPDATE passes a changed key on to the rows that refer to it. */
export async function tellPassedOn(
  { client, notRescued }: RescueSession,
  table: Table,
  changed: readonly string[],
): Promise<void> {
  if (!notRescued) return;
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT k.conrelid::pg_catalog.regclass::text AS name
     FROM pg_catalog.pg_constraint k
     JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
     WHERE k.contype = 'f' AND k.confrelid = $1 AND k.confupdtype IN ('c', 'n', 'd')
       AND a.attname = ANY ($2::name[]) ORDER BY 1`,
    [table.oid, changed],
  );
  for (const { name } of rows)
    notRescued(
      `${name} refers to the changed key of ${table.qualified} with ON UPDATE: its values are not copied.`,
    );
}

/** Says what of a statement’s effects no copy is made of. */
export async function tellUnseen(
  session: RescueSession,
  { opaque, calls }: Commands,
): Promise<void> {
  if (!session.notRescued) return;
  if (opaque)
    session.notRescued(
      'The statement runs SQL that is put together when it runs: what that destroys is not copied.',
    );
  for (const name of await volatileAmong(session.client, [...new Set(calls)], true))
    session.notRescued(
      `The statement calls the function ${name}: what that destroys is not copied.`,
    );
}
