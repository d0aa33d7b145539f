import { BackstepError } from '@/lib/core/errors';
import { sqlstateOf } from '@/lib/target';

/** The migrations don't bring an empty database to the current head. */
export class UnreplayableError extends BackstepError {
  /** Which migration and why, as the middle of a sentence: `0005_x.sql: relation "y" does not exist`. */
  readonly reason: string;

  constructor(
    reason: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(
      'rehearsal_failed',
      `The migrations do not apply to an empty database, so there is nothing to rehearse on. ${reason}. If they presume something of the server, such as a role, a schema or an extension, create it in the target’s \`bootstrap\` script, then rehearse again.`,
      options,
    );
    this.name = 'UnreplayableError';
    this.reason = reason;
  }
}

/** What PostgreSQL says, out of whatever it is wrapped in; undefined when it is not the server's. */
export function serverErrorOf(error: unknown): (Error & { code: string }) | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (sqlstateOf(at)) return at as Error & { code: string };
  }
  return undefined;
}

/** @param line 1-based, in the file */
export function unreplayable(file: string, error: unknown, line?: number): UnreplayableError {
  const server = serverErrorOf(error);
  const place = line === undefined ? file : `${file}, line ${line}`;
  const message = server?.message ?? (error instanceof Error ? error.message : String(error));
  return new UnreplayableError(`${place}: ${message} (SQLSTATE ${server?.code ?? 'unknown'})`, {
    cause: error,
    details: { file, sqlstate: server?.code },
  });
}
