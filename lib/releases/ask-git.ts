import { execFile } from 'node:child_process';

/** A command that only reads objects is done in milliseconds, or hangs on a disk that is away. */
const TIME_LIMIT_MS = 5_000;
/** Two hundred journals of the largest folders; beyond that, something else is in there. */
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Set for every call. A repository's own configuration may name programs (pagers, monitors, remotes'
 * helpers): nothing here pages, looks at the work tree or fetches, and a bare repository that merely
 * lies somewhere in a folder is not taken for one.
 */
const SETTINGS = [
  '--no-pager',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'safe.bareRepository=explicit',
] as const;

/**
 * Runs a plumbing command of git in a folder, without a shell.
 * @returns its output; null when git is not there, refuses, fails or takes too long
 */
export function askGit(
  folder: string,
  args: readonly string[],
  input = '',
): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const child = execFile(
      'git',
      [...SETTINGS, '-C', folder, ...args],
      {
        env: gitEnvironment(),
        encoding: 'buffer',
        timeout: TIME_LIMIT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: OUTPUT_LIMIT_BYTES,
        windowsHide: true,
      },
      (error, stdout) => resolve(error ? null : stdout),
    );
    // A git that ended early reads no input; its exit code says the rest.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/**
 * Nothing of git's own variables is passed on: GIT_DIR and its like would lead to another repository.
 * The home folder stays, as its configuration says whose repositories this user trusts.
 */
function gitEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, XDG_CONFIG_HOME, NODE_ENV } = process.env;
  return {
    ...(PATH !== undefined && { PATH }),
    ...(HOME !== undefined && { HOME }),
    ...(XDG_CONFIG_HOME !== undefined && { XDG_CONFIG_HOME }),
    NODE_ENV,
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    // A partial clone fetches what it lacks when it is asked for; git before 2.45 knows only the second.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: '',
    GIT_NO_REPLACE_OBJECTS: '1',
  };
}
