import type { RangeVar } from 'libpg-query';
import type pg from 'pg';
import type { RescueSession } from './rescued-copy';
import { findTable, type Table } from './table-shape';

/** A table that the session finds by that name and whose rows lie in this database. */
export async function rowHolder(
  session: RescueSession,
  range: RangeVar,
): Promise<Table | undefined> {
  const { client, tracking } = session;
  const table = await findTable(client, range);
  if (!table || table.temporary) return undefined;
  // Its rows say which migrations are in; put back, they would say it of what is undone.
  if (table.schema === tracking?.schema && table.name === tracking.table) return undefined;
  if (table.kind === 'r' || table.kind === 'p') return table;
  if (table.kind === 'v' || table.kind === 'f')
    session.notRescued?.(
      `${table.qualified} is ${table.kind === 'v' ? 'a view' : 'a foreign table'}: the rows behind it are not copied.`,
    );
  return undefined;
}

/** Locks that the statement takes anyway, or stricter ones: nothing changes between copying and it. */
export async function lock(
  client: pg.Client,
  tables: readonly Table[],
  mode: 'ACCESS EXCLUSIVE' | 'SHARE ROW EXCLUSIVE',
): Promise<void> {
  if (tables.length === 0) return;
  const names = tables.map(({ qualified }) => qualified).join(', ');
  await client.query(`LOCK TABLE ${names} IN ${mode} MODE`);
}
