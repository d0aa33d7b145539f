import type { StatementError } from '@/lib/core/evidence';

/** The step's transaction was rolled back: the target is as it was before the step. */
export class StepUndoneError extends Error {
  constructor(
    readonly error: StatementError,
    options: { cause?: unknown; retryable?: boolean } = {},
  ) {
    super(error.message, { cause: options.cause });
    this.name = 'StepUndoneError';
    this.retryable = options.retryable ?? false;
  }

  /** A lock, a deadlock or a timeout was in the way: the same step may pass a moment later. */
  readonly retryable: boolean;
}

/**
 * The connection went away inside the step. Without `commitSent` the server rolls back as soon as it
 * notices; with it, only the server knows.
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
