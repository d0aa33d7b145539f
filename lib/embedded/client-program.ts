import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A program that does not end on SIGTERM within this time is killed. */
const KILL_AFTER_MS = 5_000;
/** Kept for the report of a failure. */
const KEPT_LINES = 12;

export interface ProgramEnd {
  code: number | null;
  /** The last things the program complained about, else its last lines of any kind. */
  lastWords: string[];
  warnings: number;
}

export interface ProgramOptions {
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  onStdoutLine?(line: string): void;
  onStderrLine?(line: string): void;
  /** Given the program's standard input when it has started; without it there is nothing to be read. */
  withStdin?(stdin: Writable): void;
  /** Given the program's standard output as it is, instead of line by line. */
  withStdout?(stdout: Readable): void;
}

const COMPLAINT = /^[\w.-]+: (?:error|fatal|warning|detail|hint):/;
const WARNING = /^[\w.-]+: warning:/;

/**
 * Runs one of PostgreSQL's client programs, without a shell, to its end.
 * @throws the signal's reason after the program has been ended; Error when it cannot be started
 */
export function runClientProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramEnd> {
  options.signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = options.withStdin
      ? spawn(file, args, { env: options.env, stdio: ['pipe', 'pipe', 'pipe'] })
      : spawn(file, args, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.stdin) options.withStdin?.(child.stdin);
    const complaints: string[] = [];
    const lines: string[] = [];
    let warnings = 0;
    let killTimer: NodeJS.Timeout | undefined;
    createInterface({ input: child.stderr }).on('line', (line) => {
      keep(lines, line);
      if (COMPLAINT.test(line)) keep(complaints, line);
      if (WARNING.test(line)) warnings += 1;
      options.onStderrLine?.(line);
    });
    if (options.withStdout) options.withStdout(child.stdout);
    else
      createInterface({ input: child.stdout }).on('line', (line) => options.onStdoutLine?.(line));
    const stop = () => {
      child.kill('SIGTERM');
      killTimer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    };
    options.signal.addEventListener('abort', stop, { once: true });
    const settle = () => {
      clearTimeout(killTimer);
      options.signal.removeEventListener('abort', stop);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code) => {
      settle();
      if (options.signal.aborted) reject(options.signal.reason);
      else resolve({ code, lastWords: complaints.length > 0 ? complaints : lines, warnings });
    });
  });
}

function keep(list: string[], line: string): void {
  if (line.trim() === '') return;
  list.push(line);
  if (list.length > KEPT_LINES) list.shift();
}
