import pino from 'pino';

export type Logger = pino.Logger;

/** A password inside a connection string, wherever it stands. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*:)[^\s@/]*@/gi;

/** Takes passwords out of connection strings in a text. */
export function redactUrls(text: string): string {
  return text.replace(URL_PASSWORD, '$1***@');
}

/**
 * The process's log: one JSON line an event, on standard error. Whatever looks like a password is
 * taken out of the finished line, so that no field can be forgotten.
 */
export function createLogger(name: string): Logger {
  return pino(
    {
      name,
      level: process.env.LOG_LEVEL ?? 'info',
      redact: ['password', '*.password', 'req.headers.cookie', 'req.headers.authorization'],
    },
    { write: (line: string) => void process.stderr.write(redactUrls(line)) },
  );
}
