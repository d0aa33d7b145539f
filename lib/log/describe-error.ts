/** As far as causes of causes are followed. */
const MAX_DEPTH = 5;

/** Of several errors in one, as many are shown: a server that is away fails for everybody alike. */
const MAX_ERRORS = 10;

/** Facts of PostgreSQL's errors that name things and hold no values; `detail` may hold a whole row. */
const NAMING_FIELDS = ['code', 'severity', 'schema', 'table', 'column', 'constraint', 'routine'];

/** An error as plain data for the log: where and why it came, without the data it was about. */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const fields = error as unknown as Record<string, unknown>;
  const named = NAMING_FIELDS.filter((name) => typeof fields[name] === 'string');
  return {
    type: error.name,
    message: error.message,
    ...Object.fromEntries(named.map((name) => [name, fields[name]])),
    // Without its first lines, which are the message once more.
    stack: error.stack
      ?.split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    ...(error.cause === undefined || depth >= MAX_DEPTH
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && depth < MAX_DEPTH
      ? { errors: error.errors.slice(0, MAX_ERRORS).map((one) => describeError(one, depth + 1)) }
      : {}),
  };
}
