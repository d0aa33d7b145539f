import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * In the environment of every program that an executor starts, and so of all that those start: its own
 * id. What a killed executor has left running is known by it, whatever its number is by now.
 */
export const OWNER_VARIABLE = 'BACKSTEP_EXECUTOR';

/** pg_dump cancels its queries on SIGTERM; what has not ended after this time is killed. */
const TERM_MS = 5_000;
/** A killed process may still be waiting for a disk. */
const KILL_MS = 5_000;
const LOOK_AGAIN_MS = 50;
/** Every process with its environment. */
const PS_BYTES = 64 * 1024 * 1024;

/**
 * Ends what dead executors have left running on this machine: client programs, and a backup command with
 * all that it has started. Only processes that carry the id of one of them, and that we may look into.
 * @param executorIds executors without a heartbeat; never one that may still be working
 * @returns how many processes there were
 */
export async function endLeftPrograms(executorIds: readonly string[]): Promise<number> {
  if (executorIds.length === 0) return 0;
  const seen = new Set<number>();
  const started = performance.now();
  for (;;) {
    const left = await programsOf(executorIds);
    if (left.length === 0) return seen.size;
    const waited = performance.now() - started;
    if (waited > TERM_MS + KILL_MS) return seen.size;
    for (const pid of left) {
      if (waited > TERM_MS) signal(pid, 'SIGKILL');
      else if (!seen.has(pid)) signal(pid, 'SIGTERM');
      seen.add(pid);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Processes of this machine that were started by one of the executors. */
async function programsOf(executorIds: readonly string[]): Promise<number[]> {
  const marks = new Set(executorIds.map((id) => `${OWNER_VARIABLE}=${id}`));
  const found = process.platform === 'linux' ? await fromProc(marks) : await fromPs(marks);
  return found.filter((pid) => pid !== process.pid);
}

async function fromProc(marks: ReadonlySet<string>): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const owned = await Promise.all(
    pids.map(async (pid) => {
      // Empty for one that has ended, refused for those of other users.
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').some((entry) => marks.has(entry));
    }),
  );
  return pids.filter((_, index) => owned[index]).map(Number);
}

async function fromPs(marks: ReadonlySet<string>): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axEww', '-o', 'pid=', '-o', 'command='], {
    maxBuffer: PS_BYTES,
  }).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .filter((line) => line.split(/\s+/).some((word) => marks.has(word)))
    .map((line) => Number.parseInt(line, 10))
    .filter(Number.isSafeInteger);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
