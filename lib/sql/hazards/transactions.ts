import type { Node } from 'libpg-query';
import type { Hazard } from '@/lib/core/statement';
import { nonTransactional } from '../non-transactional';

/** A statement that has to be sent alone, outside of the step's transaction. */
export function transactionHazards(node: Node): Hazard[] {
  const found = nonTransactional(node);
  if (!found) return [];
  return [
    {
      code: 'not_transactional',
      severity: 'warn',
      label: `${found.word}: not undone by a failure`,
      detail: `${found.word} cannot run inside a transaction: it is sent alone, and what is in by then stays in when something after it fails. The run asks the catalog whether it is done, and can be resumed from there.`,
      safer: found.instead,
    },
  ];
}
