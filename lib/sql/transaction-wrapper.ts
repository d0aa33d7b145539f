import type { TransactionStmt } from 'libpg-query';
import type { RawStatement } from './postgres-parser';

/**
 * Takes off BEGIN … COMMIT when it stands around the whole script and nothing else of transaction
 * control is inside: the run has a transaction of its own. BEGIN with options (isolation level, READ
 * ONLY) and COMMIT AND CHAIN stay, and are then refused, because taking them off would change what
 * the author wrote.
 */
export function unwrapTransaction(statements: RawStatement[]): {
  statements: RawStatement[];
  unwrapped: boolean;
} {
  const first = transactionOf(statements[0]);
  const last = transactionOf(statements.at(-1));
  const opens =
    (first?.kind === 'TRANS_STMT_BEGIN' || first?.kind === 'TRANS_STMT_START') &&
    (first.options ?? []).length === 0;
  const closes = last?.kind === 'TRANS_STMT_COMMIT' && !last.chain;
  const inner = statements.slice(1, -1);
  if (!opens || !closes || inner.some((statement) => transactionOf(statement))) {
    return { statements, unwrapped: false };
  }
  return { statements: inner, unwrapped: true };
}

function transactionOf(statement: RawStatement | undefined): TransactionStmt | undefined {
  if (!statement || !('TransactionStmt' in statement.node)) return undefined;
  return statement.node.TransactionStmt;
}
