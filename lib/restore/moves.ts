import type { Move } from './databases';
import type { RestoreRow } from './restore-facts';

/** The names that a swap or a swap back moves. */
export function moveOf(
  row: Pick<
    RestoreRow,
    'presentDatabase' | 'presentOid' | 'newDatabase' | 'newOid' | 'formerDatabase'
  >,
  what: 'swap' | 'swap_back',
): Move {
  const { presentDatabase, presentOid, newDatabase, newOid, formerDatabase } = row;
  if (newDatabase === null || newOid === null || formerDatabase === null)
    throw new Error('a swap needs both databases and their names');
  return what === 'swap'
    ? {
        name: presentDatabase,
        outgoing: { oid: presentOid, becomes: formerDatabase },
        incoming: { oid: newOid, called: newDatabase },
      }
    : {
        name: presentDatabase,
        outgoing: { oid: newOid, becomes: newDatabase },
        incoming: { oid: presentOid, called: formerDatabase },
      };
}
