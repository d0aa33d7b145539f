import type { Command } from './commands';
import { droppedBy, perhapsDroppedBy } from './dropped-by-trial';
import type { CopyOrder } from './make-copy';
import type { RescueSession } from './rescued-copy';
import { lock } from './row-holder';
import { columnValues, referringFirst, wholeRows, withoutPartitions } from './row-orders';

/** Tables and columns that a command drops, with all that goes with them. */
export async function dropOrders(session: RescueSession, command: Command): Promise<CopyOrder[]> {
  const { client } = session;
  const dropped = command.inBlock
    ? await perhapsDroppedBy(client, command.text)
    : await droppedBy(client, command.text);
  if (!dropped) return [];
  for (const sequence of dropped.sequences)
    session.notRescued?.(`The value at which the sequence ${sequence} stands is not copied.`);
  const tables = await referringFirst(client, withoutPartitions(dropped.tables));
  const holders = withoutPartitions(dropped.columns.map(({ table }) => table));
  await lock(client, [...tables, ...holders], 'ACCESS EXCLUSIVE');
  return [
    ...tables.flatMap((table) => wholeRows(table, 'table', undefined)),
    ...dropped.columns
      .filter(({ table }) => holders.includes(table))
      .flatMap(({ table, columns }) => columnValues(table, columns, 'columns', undefined)),
  ];
}
