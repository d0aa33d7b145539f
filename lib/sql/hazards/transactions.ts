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
      label: `${found.word}: outside of a transaction`,
      detail: `${found.word} cannot run inside a transaction, so that a failure halfway leaves what is done until then.`,
      safer: found.instead,
    },
  ];
}
