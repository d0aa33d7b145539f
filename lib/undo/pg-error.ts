import type pg from 'pg';
import type { StatementError } from '@/lib/core/evidence';
import type { Statement } from '@/lib/core/statement';

/** SQLSTATEs after which the same step may pass: lock_not_available, deadlock_detected, query_canceled by a timeout. */
export const LOCK_NOT_AVAILABLE = '55P03';
export const DEADLOCK_DETECTED = '40P01';
export const QUERY_CANCELED = '57014';
export const RETRYABLE: ReadonlySet<string> = new Set([
  LOCK_NOT_AVAILABLE,
  DEADLOCK_DETECTED,
  QUERY_CANCELED,
]);

/** Classes 08 (connection exception) and 57P0x (the server ends the session). */
const SESSION_ENDED = /^(08...|57P0[1-5])$/;

interface ServerError extends Error {
  code?: string;
  detail?: string;
  hint?: string;
  position?: string;
  severity?: string;
}

/** True when nobody listens at the other end any more. */
export function isSessionLost(client: pg.Client, cause: unknown): boolean {
  const error = cause as ServerError;
  if (error?.severity === 'FATAL' || error?.severity === 'PANIC') return true;
  if (typeof error?.code === 'string' && SESSION_ENDED.test(error.code)) return true;
  const ended = client as pg.Client & { _ended?: boolean; _queryable?: boolean };
  return ended._ended === true || ended._queryable === false;
}

/** Places a server's error at its statement and, where the server gives a position, at its line. */
export function toStatementError(
  cause: unknown,
  statementIndex: number | undefined,
  statements: readonly Statement[],
): StatementError {
  const error = cause as ServerError;
  const statement = statementIndex === undefined ? undefined : statements[statementIndex];
  let line = statement?.line;
  if (statement && error.position) {
    // The position counts characters from 1.
    const upTo = [...statement.text].slice(0, Number(error.position) - 1).join('');
    line = statement.line + upTo.split('\n').length - 1;
  }
  return {
    sqlstate: error.code ?? 'XX000',
    message: error.message ?? String(cause),
    ...(error.detail ? { detail: error.detail } : {}),
    ...(error.hint ? { hint: error.hint } : {}),
    ...(statementIndex === undefined ? {} : { statementIndex }),
    ...(line === undefined ? {} : { line }),
  };
}
