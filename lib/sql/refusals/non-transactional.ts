import { nonTransactional } from '../non-transactional';
import type { Rule } from './rule';

/**
 * Statements that PostgreSQL refuses inside a transaction are a hazard of their own where they stand
 * alone; within a code block, or between BEGIN and COMMIT, they can only fail.
 */
export const nonTransactionalInside: Rule = ({ node }, { insideTransaction }) => {
  const found = node && nonTransactional(node);
  if (!found) return undefined;
  if (
    'CreateSubscriptionStmt' in node ||
    'AlterSubscriptionStmt' in node ||
    'DropSubscriptionStmt' in node
  ) {
    return {
      code: 'non_transactional',
      message:
        'Subscriptions create and drop slots on another server, which no transaction undoes. Change them outside of a rollback.',
    };
  }
  if (!insideTransaction) return undefined;
  const where = insideTransaction === 'wrapper' ? 'between BEGIN and COMMIT' : 'in a code block';
  return {
    code: 'non_transactional',
    message: `${found.word} ${where} can only fail, because it cannot run inside a transaction. ${found.instead}`,
  };
};
