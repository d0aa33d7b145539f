import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** How much of a program's output is kept to be shown when it fails. */
const KEPT_CHARACTERS = 40_000;

/** A program ended with an error. The message holds what it had to say, unless that was shown. */
export class CommandError extends Error {
  constructor(command, reason, output) {
    super([`${command} failed (${reason}).`, output.trim()].filter(Boolean).join('\n'));
    this.name = 'CommandError';
    this.output = output;
  }
}

/**
 * Runs a program in the project's folder and resolves to its output, both streams in their order,
 * or to nothing when it was shown.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean, minutes?: number }} [options] show: pass the
 *   output on as it comes; minutes: the longest that it may take, after which it is killed
 * @returns {Promise<string>}
 * @throws CommandError when it cannot be started, fails, takes too long or is ended by a signal
 */
export function run(program, args, { env = {}, show = false, minutes } = {}) {
  const command = [program, ...args].map((word) => word.replace(root, '')).join(' ');
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stopWithUs = endWithParent(child);
    let late = false;
    const limit =
      minutes &&
      setTimeout(() => {
        late = true;
        child.kill('SIGKILL');
        // Its own children may hold the pipes open for ever.
        child.stdout.destroy();
        child.stderr.destroy();
      }, minutes * 60_000);
    for (const [stream, mirror] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream.setEncoding('utf8').on('data', (text) => {
        if (show) mirror.write(text);
        else output = (output + text).slice(-KEPT_CHARACTERS);
      });
    }
    child.once('error', (error) => reject(new CommandError(command, error.message, output)));
    child.once('close', (code, signal) => {
      stopWithUs();
      clearTimeout(limit);
      const reason = late ? `not done after ${minutes} minutes` : (signal ?? `exit code ${code}`);
      if (code === 0) resolve(output);
      else reject(new CommandError(command, reason, output));
    });
  });
}

/** Runs one of the project's own programs from node_modules, without npx and its start-up time. */
export function runPackage(file, args, options) {
  return run(process.execPath, [`${root}node_modules/${file}`, ...args], options);
}

/** A signal that ends this process ends the child first. Returns how to undo that. */
function endWithParent(child) {
  const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
    const handler = () => {
      child.once('close', () => process.exit(1));
      child.kill(signal);
    };
    process.once(signal, handler);
    return [signal, handler];
  });
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
