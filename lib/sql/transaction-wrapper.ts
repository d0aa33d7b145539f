import type { Node, TransactionStmt } from 'libpg-query';

/**
 * Whether BEGIN … COMMIT stands around the whole script and nothing else of transaction control is inside:
 * then it can be taken off, because the run has a transaction of its own. BEGIN with options (isolation
 * level, READ ONLY) and COMMIT AND CHAIN stay, and are then refused, because taking them off would change
 * what the author wrote.
 *
 * @param statements what of transaction control each statement of the script is
 */
export function isWrapped(statements: readonly (TransactionStmt | undefined)[]): boolean {
  const first = statements[0];
  const last = statements.at(-1);
  const opens =
    (first?.kind === 'TRANS_STMT_BEGIN' || first?.kind === 'TRANS_STMT_START') &&
    (first.options ?? []).length === 0;
  const closes = last?.kind === 'TRANS_STMT_COMMIT' && !last.chain;
  return opens && closes && !statements.slice(1, -1).some((inner) => inner !== undefined);
}

export function transactionOf(node: Node): TransactionStmt | undefined {
  return 'TransactionStmt' in node ? node.TransactionStmt : undefined;
}
