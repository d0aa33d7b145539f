import { spawn } from 'node:child_process';

/** How much of each stream is kept: enough for the end of an initdb or a version line. */
const KEPT_BYTES = 16_384;

export interface ProgramResult {
  /** Null when a signal ended it or it could not be started. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** Why it failed, in one line at least: the end of stderr, else the exit code. */
  failure: string;
}

export interface ProgramOptions {
  uid?: number;
  gid?: number;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds after which it is ended. */
  timeout?: number;
}

/**
 * The environment for PostgreSQL's own programs: English messages, no PG* variables of the user's
 * shell, and UTC, which initdb would otherwise replace by the machine's time zone.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return {
    ...(process.env.PATH && { PATH: process.env.PATH }),
    LC_ALL: 'C',
    TZ: 'UTC',
    NODE_ENV: process.env.NODE_ENV,
  };
}

/** Runs a program to its end. Never rejects: a program that is not there is a result as well. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const output = { stdout: '', stderr: '' };
    const child = spawn(program, args, {
      ...options,
      env: options.env ?? serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] = (output[stream] + text).slice(-KEPT_BYTES);
      });
    }
    child.once('error', (error) => resolve({ code: null, ...output, failure: error.message }));
    child.once('close', (code, signal) => {
      const failure = output.stderr.trim() || (signal ? `ended by ${signal}` : `exit code ${code}`);
      resolve({ code, ...output, failure });
    });
  });
}
