import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

/** What an executor is started with; everything else it finds by itself. */
export interface ExecutorPlace {
  /** Its BACKSTEP_HOME. */
  home: string;
  configPath: string;
  controlUrl: string;
  scratchUrl: string;
}

export interface ExecutorOptions {
  /** The process believes that it is so much later. */
  clockMs?: number;
  /** Looks at its heap all the time, each time after a collection of garbage; it is slower for that. */
  watchHeap?: boolean;
}

/** The real executor, as a process of its own. */
export interface ExecutorProcess {
  pid: number;
  /** Its log so far, one line each. */
  log: readonly string[];
  /** The most heap that it has held, in bytes; 0 where nobody looks. */
  heapPeak(): number;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** SIGTERM, and waits for its end; a second call changes nothing. */
  end(): Promise<void>;
  /** Its exit code and signal; undefined while it lives. */
  ended(): { code: number | null; signal: NodeJS.Signals | null } | undefined;
}

interface Bundle {
  main: string;
  preloads: string;
}

let bundled: Promise<Bundle> | undefined;
const living = new Set<ChildProcess>();

/** Bundles the executor as the build does, once for each process that tests. */
async function bundleExecutor(): Promise<Bundle> {
  const root = process.cwd();
  const folder = await mkdtemp(path.join(tmpdir(), 'backstep-executor-'));
  process.once('exit', () => {
    // Nobody else would: one that is frozen hears neither its parent's end nor a polite signal.
    for (const child of living) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  // Packages stay outside of the bundle, and are looked for beside it.
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
  const main = path.join(folder, 'executor.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['lib/executor/main.ts'],
    outfile: main,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    tsconfig: 'tsconfig.json',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return { main, preloads: folder };
}

/**
 * Starts an executor and waits until it takes work.
 * @throws Error with its log when it ends before that
 */
export async function startExecutorProcess(
  place: ExecutorPlace,
  options: ExecutorOptions = {},
): Promise<ExecutorProcess> {
  bundled ??= bundleExecutor();
  const bundle = await bundled;
  const child = fork(bundle.main, [], {
    cwd: process.cwd(),
    execArgv: await nodeArguments(bundle, options),
    env: {
      ...process.env,
      BACKSTEP_HOME: place.home,
      BACKSTEP_CONFIG: place.configPath,
      CONTROL_DATABASE_URL: place.controlUrl,
      SCRATCH_DATABASE_URL: place.scratchUrl,
      LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  living.add(child);
  const log: string[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    log.push(...lines);
  });
  let heap = 0;
  let ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  const gone = once(child, 'exit').then(([code, signal]) => {
    ended = { code, signal };
    living.delete(child);
  });
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if (message === 'ready') resolve();
      else if (typeof message === 'number') heap = Math.max(heap, message);
    });
  });
  await Promise.race([ready, gone]);
  if (ended) throw new Error(`The executor ended before it was ready:\n${log.join('\n')}`);
  return {
    pid: child.pid ?? 0,
    log,
    heapPeak: () => heap,
    ended: () => ended,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async end() {
      if (!ended) child.kill('SIGTERM');
      await gone;
    },
  };
}

/** What is loaded before the executor, instead of a switch in it. */
async function nodeArguments(
  { preloads }: Bundle,
  { clockMs, watchHeap }: ExecutorOptions,
): Promise<string[]> {
  const found: string[] = [];
  const preload = async (name: string, text: string) => {
    const file = path.join(preloads, name);
    await writeFile(file, text);
    found.push('--import', file);
  };
  if (clockMs !== undefined) await preload(`clock${clockMs}.mjs`, shiftedClock(clockMs));
  if (watchHeap) {
    found.push('--expose-gc');
    await preload('heap.mjs', HEAP_WATCH);
  }
  return found;
}

const HEAP_WATCH = `
setInterval(() => {
  globalThis.gc();
  process.send?.(process.memoryUsage().heapUsed);
}, 400).unref();
`;

const shiftedClock = (ms: number): string => `
const Real = Date;
const now = () => Real.now() + ${ms};
globalThis.Date = class Date extends Real {
  constructor(...given) {
    if (given.length === 0) super(now());
    else super(...given);
  }
  static now() {
    return now();
  }
};
`;
