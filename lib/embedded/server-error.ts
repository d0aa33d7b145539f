export type EmbeddedServerProblem =
  | 'no_programs'
  | 'no_account'
  | 'folder_closed'
  | 'init_failed'
  | 'other_major'
  | 'password_lost'
  | 'port_in_use'
  | 'disk_full'
  | 'start_failed'
  | 'stop_failed'
  | 'start_locked';

/** The embedded server cannot be set up, started or stopped; the message says what to do. */
export class EmbeddedServerError extends Error {
  readonly problem: EmbeddedServerProblem;

  constructor(problem: EmbeddedServerProblem, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'EmbeddedServerError';
    this.problem = problem;
  }
}

/** Whether a file operation failed with one of these codes, such as ENOENT. */
export function hasErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
