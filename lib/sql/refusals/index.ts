import type { ScriptRefusal } from '@/lib/core/statement';
import type { ExecutedNode } from '../executed-nodes';
import { forbiddenStatements } from './forbidden-statements';
import { nonTransactionalInside } from './non-transactional';
import type { Rule, RuleContext } from './rule';
import { sessionSettings } from './session-settings';
import { trackingTable } from './tracking-table';
import { transactionControl } from './transaction-control';

const RULES: readonly Rule[] = [
  transactionControl,
  sessionSettings,
  forbiddenStatements,
  nonTransactionalInside,
  trackingTable,
];

/** Why one thing that a statement does is refused; the first rule that objects speaks. */
export function refusalOf(executed: ExecutedNode, context: RuleContext): ScriptRefusal | undefined {
  for (const rule of RULES) {
    const refused = rule(executed, context);
    if (refused) return { ...refused, line: executed.line };
  }
  return undefined;
}
