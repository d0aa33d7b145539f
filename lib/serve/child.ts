import { type ChildProcess, spawn } from 'node:child_process';

/** A process that dies at once, again and again, is not worth starting every millisecond. */
const RESTART_PAUSE_MS = 1_000;
/** A run ends after its current step; a child that takes longer than this is killed. */
const STOP_PATIENCE_MS = 30_000;

export interface Child {
  /** Resolves when the child has said that it is ready for the first time. */
  ready: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a program of ours and starts it again when it dies. It ends itself when this process does:
 * the channel between the two is its lifeline.
 * @param onGiveUp called when it died before it was ever ready: its fault is not a passing one
 */
export function superviseChild(
  name: string,
  script: string,
  env: NodeJS.ProcessEnv,
  onGiveUp: (message: string) => void,
): Child {
  let child: ChildProcess | undefined;
  let stopping = false;
  let wasReady = false;
  let markReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });
  const start = () => {
    child = spawn(process.execPath, ['--enable-source-maps', script], {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.on('message', (message) => {
      if (message === 'ready') {
        wasReady = true;
        markReady();
      }
    });
    child.on('exit', (code, signal) => {
      if (stopping) return;
      if (!wasReady) {
        onGiveUp(
          `The ${name} could not start (${signal ?? `exit code ${code}`}). Its log is above.`,
        );
        return;
      }
      console.error(`The ${name} ended (${signal ?? `exit code ${code}`}); it is started again.`);
      setTimeout(() => {
        if (!stopping) start();
      }, RESTART_PAUSE_MS);
    });
  };
  start();
  return {
    ready,
    stop: () => {
      stopping = true;
      return end(child);
    },
  };
}

function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
