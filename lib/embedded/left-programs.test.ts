import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { endLeftPrograms, OWNER_VARIABLE } from './left-programs';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A shell script that says `ready` once it runs. */
async function start(executorId: string, script: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', script], {
    env: { ...process.env, [OWNER_VARIABLE]: executorId },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(child);
  await once(child.stdout, 'data');
  return child;
}

const endOf = async (child: ChildProcess) => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode;
};

describe('what a killed executor has left running', () => {
  it('is ended, and nothing of another executor', async () => {
    const [dead, alive] = [randomUUID(), randomUUID()];
    const left = await start(dead, 'echo ready; exec sleep 600');
    const other = await start(alive, 'echo ready; exec sleep 600');
    expect(await endLeftPrograms([dead])).toBe(1);
    expect(await endOf(left)).toBe('SIGTERM');
    expect(other.signalCode).toBeNull();
    process.kill(other.pid ?? 0, 0);
    expect(await endLeftPrograms([])).toBe(0);
    expect(await endLeftPrograms([dead])).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')(
    'is killed where it does not listen, with what it has started in another group',
    async () => {
      const dead = randomUUID();
      const deaf = await start(
        dead,
        "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 600' & echo ready; while :; do sleep 600; done",
      );
      expect(await endLeftPrograms([dead])).toBeGreaterThanOrEqual(3);
      expect(await endOf(deaf)).toBe('SIGKILL');
    },
  );
});
