import type { AlterTableStmt, Node } from 'libpg-query';
import { retyped } from './changed-types';
import type { CopyOrder } from './make-copy';
import type { RescueSession } from './rescued-copy';
import { lock, rowHolder } from './row-holder';
import { columnValues } from './row-orders';
import { readFamily } from './table-shape';

/** Values of columns that get another type. */
export async function typeOrders(
  session: RescueSession,
  alter: AlterTableStmt,
): Promise<CopyOrder[]> {
  const { relation, objtype } = alter;
  if (!relation) return [];
  if (objtype === 'OBJECT_TYPE') {
    if ((alter.cmds ?? []).some(losesAttribute))
      session.notRescued?.(
        `What columns of the type ${relation.relname} hold in the attribute is not copied.`,
      );
    return [];
  }
  if (objtype !== 'OBJECT_TABLE') return [];
  const table = await rowHolder(session, relation);
  if (!table) return [];
  const columns = retyped(alter, table);
  if (columns.length === 0) return [];
  await lock(session.client, [table], 'ACCESS EXCLUSIVE');
  const names = new Set(columns.map(({ name }) => name));
  return (await readFamily(session.client, table, false)).flatMap((member) =>
    columnValues(
      member,
      member.columns.filter(({ name }) => names.has(name)),
      'columns',
      undefined,
    ),
  );
}

function losesAttribute(node: Node): boolean {
  if (!('AlterTableCmd' in node)) return false;
  const { subtype } = node.AlterTableCmd;
  return subtype === 'AT_DropColumn' || subtype === 'AT_AlterColumnType';
}
