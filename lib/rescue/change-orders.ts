import type { Node, RangeVar } from 'libpg-query';
import type { PostgresParser } from '@/lib/sql/postgres-parser';
import { changedRows } from './changed-rows';
import type { Command } from './commands';
import type { CopyOrder } from './make-copy';
import type { RescueSession } from './rescued-copy';
import { lock, rowHolder } from './row-holder';
import {
  columnValues,
  deletedWith,
  everyRow,
  referringFirst,
  truncatedWith,
  wholeRows,
  withoutPartitions,
} from './row-orders';
import { type Column, readFamily, type Table } from './table-shape';
import { isVolatile, tellPassedOn } from './unseen';

/** Rows that TRUNCATE takes. */
export async function truncateOrders(
  session: RescueSession,
  ranges: readonly RangeVar[],
  cascades: boolean,
  restarts: boolean,
): Promise<CopyOrder[]> {
  const { client } = session;
  const named: Table[] = [];
  for (const range of ranges) {
    const table = await rowHolder(session, range);
    if (table) named.push(...(await readFamily(client, table, range.inh !== true)));
  }
  const emptied = withoutPartitions(cascades ? await truncatedWith(client, named) : named);
  await lock(client, emptied, 'ACCESS EXCLUSIVE');
  const sequences = restarts ? 'lost' : 'kept';
  return (await referringFirst(client, emptied)).flatMap((table) =>
    wholeRows(table, 'rows', undefined, sequences),
  );
}

/** Rows that an UPDATE changes or a DELETE takes. */
export async function rowOrders(
  session: RescueSession,
  parser: PostgresParser,
  { node, text, inBlock, nested }: Command,
): Promise<CopyOrder[]> {
  const update = 'UpdateStmt' in node ? node.UpdateStmt : undefined;
  const statement = update ?? ('DeleteStmt' in node ? node.DeleteStmt : undefined);
  if (!statement?.relation) return [];
  const certain = !inBlock && !nested;
  const rows =
    certain && ('UpdateStmt' in node || 'DeleteStmt' in node)
      ? changedRows(parser, text, node)
      : undefined;
  if (!rows || (await isVolatile(session.client, rows.functions)))
    return uncertainOrders(session, statement.relation, update?.targetList);
  const table = await rowHolder(session, statement.relation);
  if (!table) return [];
  const family = await readFamily(session.client, table, statement.relation.inh !== true);
  await lock(session.client, family, 'SHARE ROW EXCLUSIVE');
  if (update) {
    await tellPassedOn(session, table, namesIn(update.targetList));
    return family.flatMap((member) =>
      columnValues(member, columnsIn(member, update.targetList), 'rows', rows.select),
    );
  }
  const orders: CopyOrder[] = [];
  for (const member of family) {
    const own = rows.select;
    orders.push(...(await deletedWith(session.client, member, own)));
    orders.push(...wholeRows(member, 'rows', own));
  }
  await lock(
    session.client,
    [...new Set(orders.map(({ table: touched }) => touched))],
    'SHARE ROW EXCLUSIVE',
  );
  return orders;
}

/** Which rows it changes only the run will tell: all are copied. */
export async function uncertainOrders(
  session: RescueSession,
  range: RangeVar | undefined,
  targets: readonly Node[] | undefined,
): Promise<CopyOrder[]> {
  const table = range && (await rowHolder(session, range));
  if (!range || !table) return [];
  const family = await readFamily(session.client, table, range.inh !== true);
  const orders: CopyOrder[] = [];
  if (!targets) {
    for (const member of family)
      orders.push(...(await deletedWith(session.client, member, undefined)));
  } else await tellPassedOn(session, table, namesIn(targets));
  for (const member of family)
    orders.push(...everyRow(member, targets && columnsIn(member, targets)));
  await lock(
    session.client,
    [...new Set(orders.map((order) => order.table))],
    'SHARE ROW EXCLUSIVE',
  );
  return orders;
}

const namesIn = (targets: readonly Node[] | undefined): string[] =>
  (targets ?? []).flatMap((node) =>
    'ResTarget' in node && node.ResTarget.name !== undefined ? [node.ResTarget.name] : [],
  );

function columnsIn(table: Table, targets: readonly Node[] | undefined): Column[] {
  const names = new Set(namesIn(targets));
  return table.columns.filter(({ name }) => names.has(name));
}
