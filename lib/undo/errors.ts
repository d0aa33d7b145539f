import type { StatementError } from '@/lib/core/evidence';

/**
 * What was being done is undone: of a step that is one transaction, the whole step; of one in several
 * parts, the part; of a chain in one transaction, the whole chain.
 */
export class StepUndoneError extends Error {
  constructor(
    readonly error: StatementError,
    options: { cause?: unknown; retryable?: boolean; position?: number; left?: string } = {},
  ) {
    super(error.message, { cause: options.cause });
    this.name = 'StepUndoneError';
    this.retryable = options.retryable ?? false;
    this.position = options.position;
    this.left = options.left;
  }

  /** A lock, a deadlock or a timeout was in the way: the same step may pass a moment later. */
  readonly retryable: boolean;
  /** The step in which it failed, in run order. */
  readonly position: number | undefined;
  /**
   * What a statement outside of a transaction has left half done and could not be taken away again, as
   * a sentence.
   */
  readonly left: string | undefined;
}

/**
 * The connection went away inside the step. Without `commitSent` the server rolls back as soon as it
 * notices; with it, only the server knows. A statement that runs outside of a transaction counts as
 * its own COMMIT.
 */
export class SessionLostError extends Error {
  constructor(
    readonly commitSent: boolean,
    options: { cause?: unknown } = {},
  ) {
    super(
      commitSent
        ? 'The connection was lost after COMMIT was sent.'
        : 'The connection was lost before COMMIT was sent.',
      options,
    );
    this.name = 'SessionLostError';
  }
}

/** Our own refusal inside a step; it has no SQLSTATE of the server's. */
export const REFUSED_BY_BACKSTEP = 'BS000';

export function refusal(message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code: REFUSED_BY_BACKSTEP });
}
