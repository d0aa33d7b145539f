import type { Rule } from './rule';

const WORDS: Record<string, string> = {
  TRANS_STMT_BEGIN: 'BEGIN',
  TRANS_STMT_START: 'START TRANSACTION',
  TRANS_STMT_COMMIT: 'COMMIT',
  TRANS_STMT_ROLLBACK: 'ROLLBACK',
  TRANS_STMT_SAVEPOINT: 'SAVEPOINT',
  TRANS_STMT_RELEASE: 'RELEASE SAVEPOINT',
  TRANS_STMT_ROLLBACK_TO: 'ROLLBACK TO SAVEPOINT',
  TRANS_STMT_PREPARE: 'PREPARE TRANSACTION',
  TRANS_STMT_COMMIT_PREPARED: 'COMMIT PREPARED',
  TRANS_STMT_ROLLBACK_PREPARED: 'ROLLBACK PREPARED',
};

/** Settings of the transaction itself. */
const TRANSACTION_SETTINGS =
  /^(default_)?transaction_(isolation|read_only|deferrable)$|^transaction$|^session characteristics$/;

const refused = (word: string) => ({
  code: 'transaction_control' as const,
  message: `${word} is refused: each script runs in one transaction of its own. Only a plain BEGIN and COMMIT around the whole file are taken off.`,
});

/** Whoever ends or shapes the transaction takes away the run's power to undo the step. */
export const transactionControl: Rule = ({ kind, node }) => {
  if (kind === 'plpgsql_commit') return refused('COMMIT inside a code block');
  if (kind === 'plpgsql_rollback') return refused('ROLLBACK inside a code block');
  if (!node) return undefined;
  if ('TransactionStmt' in node) {
    const transaction = node.TransactionStmt;
    const word = WORDS[transaction.kind ?? ''] ?? 'Transaction control';
    if (transaction.options?.length) return refused(`${word} with options`);
    return refused(transaction.chain ? `${word} AND CHAIN` : word);
  }
  if ('VariableSetStmt' in node) {
    const name = node.VariableSetStmt.name ?? '';
    if (TRANSACTION_SETTINGS.test(name.toLowerCase())) return refused(`SET ${name.toUpperCase()}`);
  }
  return undefined;
};
