import pino from 'pino';
import { describeError } from './describe-error';

export type Logger = pino.Logger;

/** User and password inside a connection string, wherever it stands in a line of JSON. */
const CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s"\\<>]*@/gi;
const PASSWORD_PARAMETER = /([?&\s]password=)[^\s&"\\]+/gi;

function withoutSecrets(line: string): string {
  return line.replace(CREDENTIALS, '$1•••@').replace(PASSWORD_PARAMETER, '$1•••');
}

/**
 * The process's log: one JSON line an event, on standard error. Whatever looks like a password is
 * taken out of the finished line, so that no field can be forgotten.
 * @param write where finished lines go; a test reads them
 */
export function createLogger(
  name: string,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Logger {
  return pino(
    {
      name,
      level: process.env.LOG_LEVEL ?? 'info',
      serializers: { err: describeError },
      redact: ['password', '*.password'],
    },
    { write: (line: string) => write(withoutSecrets(line)) },
  );
}
