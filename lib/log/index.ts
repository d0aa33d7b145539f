import pino from 'pino';
import { describeError } from './describe-error';
import { withoutSecrets } from './without-secrets';

export type Logger = pino.Logger;

/**
 * The process's log: one JSON line an event, on standard error. Whatever looks like a password is
 * taken out of the finished line.
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
      redact: ['password', '*.password', 'req.headers.cookie', 'req.headers.authorization'],
    },
    { write: (line: string) => write(withoutSecrets(line)) },
  );
}
