import type { ProofError } from '@/lib/core/proof';

/** A migration or a script that PostgreSQL refuses: what a proof tells, no fault of ours. */
export abstract class ProofFault extends Error {
  constructor(
    readonly error: ProofError,
    options: { cause?: unknown } = {},
  ) {
    super(error.message, options);
  }
}

/** The migration does not apply. */
export class UpFault extends ProofFault {
  override readonly name = 'UpFault';
}

/** The script fails. */
export class DownFault extends ProofFault {
  override readonly name = 'DownFault';
}

/**
 * What PostgreSQL answers where a statement can't share a transaction with those before it, although it
 * may be fine alone: active_sql_transaction, in_failed_sql_transaction, no_active_sql_transaction,
 * invalid_transaction_termination, invalid_savepoint_specification, feature_not_supported ('cannot be
 * executed from a function or transaction'), unsafe_new_enum_value_usage, object_in_use (pending trigger
 * events).
 */
const WANTS_OWN_TRANSACTION: ReadonlySet<string> = new Set([
  '25000',
  '25001',
  '25P01',
  '25P02',
  '2D000',
  '3B001',
  '0A000',
  '55P04',
  '55006',
]);

export function wantsOwnTransaction({ error }: ProofFault): boolean {
  return error.sqlstate !== null && WANTS_OWN_TRANSACTION.has(error.sqlstate);
}

/** What PostgreSQL tells beside its message, as node-postgres hands it on. */
interface ServerError {
  code?: unknown;
  detail?: unknown;
  position?: unknown;
}

/** Details name the objects in the way; a list of hundreds helps nobody. */
const LONGEST_DETAIL = 300;

/**
 * @param line of the statement's first character in the file, if it is known
 * @param text what was sent: the position that the server tells counts characters in it
 */
export function toProofError(
  cause: unknown,
  place: { in: ProofError['in']; line: number | null; text: string },
): ProofError {
  const { code, detail, position } = (cause ?? {}) as ServerError;
  let message = cause instanceof Error ? cause.message : String(cause);
  // Where the server's own files are is nobody's business.
  if (typeof detail === 'string' && detail !== '' && !detail.includes('control file')) {
    const short = detail.replaceAll('\n', '; ');
    message += ` (${short.length > LONGEST_DETAIL ? `${short.slice(0, LONGEST_DETAIL)} …` : short})`;
  }
  let { line } = place;
  if (line !== null && typeof position === 'string') {
    const upTo = [...place.text].slice(0, Number(position) - 1);
    line += upTo.filter((character) => character === '\n').length;
  }
  return { message, sqlstate: typeof code === 'string' ? code : null, line, in: place.in };
}
