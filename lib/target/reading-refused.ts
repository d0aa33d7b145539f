import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import { addressOf } from './address';
import { sqlstateOf } from './sqlstate';

/**
 * PostgreSQL may refuse to be read for reasons of its own: a lock, a right, a timeout. That is an
 * answer about the target, not a fault of ours.
 * @returns BackstepError `refused` for an error of the server, and every other error as it is
 */
export function readingRefused(target: Pick<TargetConfig, 'readUrl'>, error: unknown): unknown {
  const sqlstate = sqlstateOf(error);
  if (!sqlstate || !(error instanceof Error)) return error;
  return new BackstepError(
    'refused',
    `${addressOf(target.readUrl)} could not be read: ${error.message} (SQLSTATE ${sqlstate}).`,
    { cause: error },
  );
}
