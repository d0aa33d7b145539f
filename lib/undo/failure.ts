import type pg from 'pg';
import type { PlanStep } from '@/lib/core/plan';
import { SessionLostError, StepUndoneError } from './errors';
import { isSessionLost, RETRYABLE, toStatementError } from './pg-error';
import type { Place } from './run-statements';

/**
 * Rolls back what failed and says how.
 * @throws StepUndoneError, or SessionLostError when there is nobody left to roll back with
 */
export async function giveUp(
  client: pg.Client,
  step: PlanStep,
  cause: unknown,
  { statement, commitSent }: Place & { commitSent: boolean },
): Promise<never> {
  if (isSessionLost(client, cause)) throw new SessionLostError(commitSent, { cause });
  try {
    await client.query('ROLLBACK');
  } catch (rollbackFault) {
    throw new SessionLostError(commitSent, {
      cause: new AggregateError([cause, rollbackFault], 'the step failed, and so did its ROLLBACK'),
    });
  }
  const error = toStatementError(cause, statement, step.statements);
  throw new StepUndoneError(error, {
    cause,
    retryable: RETRYABLE.has(error.sqlstate),
    position: step.position,
  });
}
