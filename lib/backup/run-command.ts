import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { BackstepError } from '@/lib/core/errors';

/** What does not end on SIGTERM within this time is killed, with all that it started. */
const KILL_AFTER_MS = 5_000;
/** Something that the command left behind may hold its output open for ever. */
const DRAIN_MS = 2_000;
/** Longer lines are cut: a progress bar without line breaks must not fill the memory. */
const LONGEST_LINE = 8_192;
const KEPT_LINES = 12;

export interface CommandRun {
  argv: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  timeLimitMs: number;
  /** Takes secrets out of a line before anybody sees it. */
  clean(line: string): string;
  onLine(line: string): void;
}

export interface CommandEnd {
  /** Null: ended by a signal. */
  code: number | null;
  /** The last line that it wrote to its standard output, which may be JSON. */
  lastLine: string | null;
  /** Its last lines of either kind. */
  lastWords: string[];
}

/**
 * Runs a command of the operator's to its end, without a shell and in a process group of its own.
 * @throws the signal's reason after the group was ended; BackstepError `backup_failed` when it can't be
 *   started or takes longer than the limit
 */
export function runCommand(run: CommandRun): Promise<CommandEnd> {
  run.signal.throwIfAborted();
  const [program = '', ...args] = run.argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: run.cwd,
      env: run.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lastWords: string[] = [];
    let lastLine: string | null = null;
    const say = (raw: string, fromStdout: boolean) => {
      const line = run.clean(raw).trim();
      if (line === '') return;
      if (fromStdout) lastLine = line;
      lastWords.push(line);
      if (lastWords.length > KEPT_LINES) lastWords.shift();
      run.onLine(line);
    };
    readLines(child.stdout, (line) => say(line, true));
    readLines(child.stderr, (line) => say(line, false));

    let late = false;
    let killTimer: NodeJS.Timeout | undefined;
    let drainTimer: NodeJS.Timeout | undefined;
    const stop = () => {
      endGroup(child, 'SIGTERM');
      killTimer ??= setTimeout(() => endGroup(child, 'SIGKILL'), KILL_AFTER_MS);
    };
    const limit = setTimeout(() => {
      late = true;
      stop();
    }, run.timeLimitMs);
    run.signal.addEventListener('abort', stop, { once: true });
    const settle = () => {
      for (const timer of [limit, killTimer, drainTimer]) clearTimeout(timer);
      run.signal.removeEventListener('abort', stop);
    };
    child.once('error', (cause) => {
      settle();
      reject(
        new BackstepError(
          'backup_failed',
          `The command ${program} could not be started: ${cause.message}. Check policy.backup.command.`,
          { cause },
        ),
      );
    });
    child.once('exit', () => {
      // What it started must not outlive an end that was asked for.
      if (late || run.signal.aborted) endGroup(child, 'SIGKILL');
      drainTimer = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, DRAIN_MS);
    });
    child.once('close', (code) => {
      settle();
      if (run.signal.aborted) reject(run.signal.reason);
      else if (late) reject(tooLong(program, run.timeLimitMs, lastWords));
      else resolve({ code, lastLine, lastWords });
    });
  });
}

function tooLong(program: string, limitMs: number, lastWords: readonly string[]): BackstepError {
  const minutes = Math.round((limitMs / 60_000) * 10) / 10;
  const words = lastWords.length > 0 ? ` Its last words: ${lastWords.join(' ')}` : '';
  return new BackstepError(
    'backup_failed',
    `The command ${program} was still running after ${minutes} min and was ended. Mend it, or raise policy.backup.command_timeout_minutes.${words}`,
  );
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

/** Calls back for each line, whether it ends in a line feed or, as progress bars do, in a return. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) onLine(line.slice(0, LONGEST_LINE));
  });
  stream.on('close', () => onLine(rest));
  // Destroyed by us when something else holds it open.
  stream.on('error', () => undefined);
}
