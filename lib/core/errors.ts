/**
 * Refusals that a person can act on. Everything that is not one of these is a fault: logged with its
 * cause, and shown as a plain sentence with an id.
 */
export const ERROR_CODES = {
  invalid_input: 422,
  config_invalid: 500,
  not_signed_in: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  refused: 409,
  target_unreachable: 502,
  tracking_table_absent: 409,
  journal_invalid: 409,
  rollback_folder_invalid: 409,
  plan_refused: 409,
  plan_stale: 409,
  gate_closed: 409,
  rehearsal_failed: 409,
  backup_failed: 409,
  restore_failed: 409,
  client_tool_missing: 409,
  preflight_failed: 409,
  too_many_attempts: 429,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export class BackstepError extends Error {
  readonly code: ErrorCode;
  /** Further facts for logs and audit; never secrets. */
  readonly details: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'BackstepError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get httpStatus(): number {
    return ERROR_CODES[this.code];
  }
}

/** Somebody else changed the row first, or the status does not allow the change. Never retried. */
export class ConflictError extends BackstepError {
  constructor(message: string, details: Record<string, unknown> = {}) {
    super('conflict', message, { details });
    this.name = 'ConflictError';
  }
}

/** What an adapter answers. `id` is set for faults: the log has the same id with the cause. */
export type ActionResult<T> =
  | { ok: true; value: T }
  | { ok: false; code: ErrorCode | 'fault'; message: string; id?: string };
