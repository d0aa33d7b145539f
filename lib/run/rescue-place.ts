import type pg from 'pg';
import type { RollbackFacts } from '@/lib/control';
import { takesRows } from '@/lib/core/rescue-estimate';
import { whyNoCopy } from '@/lib/rescue';

/**
 * Whether the copies can be made that this run was asked to make: found out before the first step rather
 * than in the middle of the chain.
 * @returns the line of the preflight, what is wrong or how it is; null when no copy was asked for
 */
export async function rescuePlace(
  client: pg.ClientBase,
  { row, target, input }: RollbackFacts,
): Promise<[problem: string | null, evidence: string] | null> {
  if (!input.run?.rescue) return null;
  if (target.policy.rescue === 'off')
    return [
      'A rescue copy was asked for, and the policy of this target keeps none any more. Press Resume without one, or have rescue set to ask for this target.',
      '',
    ];
  const left = row.plan.steps.slice(row.stepsDone).flatMap(({ statements }) => statements);
  if (!left.some(takesRows)) return [null, 'nothing is left that needs one'];
  return [await whyNoCopy(client), 'the role may make them, and no subscriber is sent them'];
}
