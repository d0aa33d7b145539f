import type pg from 'pg';
import { loadParser, ParserOverflow, type PostgresParser } from '@/lib/sql/postgres-parser';
import { rangesOf } from '@/lib/sql/syntax-tree';
import { rowOrders, truncateOrders, uncertainOrders } from './change-orders';
import { type Command, type Commands, commandsOf } from './commands';
import { dropOrders } from './drop-orders';
import { mayDrop } from './dropped-by-trial';
import { type CopyOrder, makeCopy } from './make-copy';
import type { RescuedCopy, RescueInput, RescueSession } from './rescued-copy';
import { typeOrders } from './type-orders';
import { tellUnseen } from './unseen';

/**
 * Copies what a statement is about to destroy into `backstep_rescue`. Called inside the transaction of the
 * step, right before the statement is sent: the copy is there if and only if the destruction is. Takes the
 * locks that the statement is going to take, or stricter ones, so that nothing changes between the two.
 * @throws BackstepError `refused` when the copies grow beyond the limit, or rows are hidden from the role
 * @throws pg.DatabaseError whatever the server refuses; the step is undone with either
 */
export async function rescueBefore(client: pg.Client, input: RescueInput): Promise<RescuedCopy[]> {
  const session: RescueSession = { ...input, client };
  const read = await readCommands(session);
  if (!read) return [];
  const made: RescuedCopy[] = [];
  for (const command of read.commands.commands) {
    for (const order of await ordersFor(session, read.parser, command)) {
      const copy = await makeCopy(session, order);
      if (copy) made.push(copy);
    }
  }
  await tellUnseen(session, read.commands);
  return made;
}

async function readCommands(
  session: RescueSession,
): Promise<{ parser: PostgresParser; commands: Commands } | undefined> {
  const { text } = session.statement;
  try {
    const parser = await loadParser();
    const outcome = parser.parse(text);
    const node = outcome.ok ? outcome.statements[0]?.node : undefined;
    if (node) return { parser, commands: commandsOf(parser, text, node) };
  } catch (error) {
    if (!(error instanceof ParserOverflow)) throw error;
  }
  session.notRescued?.(
    'The statement could not be read, so nothing of what it destroys is copied.',
  );
  return undefined;
}

async function ordersFor(
  session: RescueSession,
  parser: PostgresParser,
  command: Command,
): Promise<CopyOrder[]> {
  const { node } = command;
  if (mayDrop(node)) {
    const types = 'AlterTableStmt' in node ? await typeOrders(session, node.AlterTableStmt) : [];
    return [...types, ...(await dropOrders(session, command))];
  }
  if ('AlterTableStmt' in node) return typeOrders(session, node.AlterTableStmt);
  if ('TruncateStmt' in node) {
    const { relations, behavior, restart_seqs: restarts } = node.TruncateStmt;
    return truncateOrders(
      session,
      rangesOf(relations),
      behavior === 'DROP_CASCADE',
      restarts === true,
    );
  }
  if ('UpdateStmt' in node || 'DeleteStmt' in node) return rowOrders(session, parser, command);
  if ('InsertStmt' in node) {
    const { relation, onConflictClause } = node.InsertStmt;
    if (onConflictClause?.action !== 'ONCONFLICT_UPDATE') return [];
    return uncertainOrders(session, relation, onConflictClause.targetList);
  }
  if ('MergeStmt' in node) return uncertainOrders(session, node.MergeStmt.relation, undefined);
  return [];
}
