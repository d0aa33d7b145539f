import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, Logger as WorkerLogger } from 'graphile-worker';
import { loadConfig, readEnvironment } from '@/lib/config';
import { openControl, systemContext } from '@/lib/control';
import { createLogger } from '@/lib/log';
import { announce } from './presence';
import { dropLeftovers, startSweep } from './sweep';
import { type ExecutorDeps, taskList } from './tasks';

/** Runs, rehearsals and backups of different targets go on side by side. */
const CONCURRENCY = 4;
const POLL_MS = 1_000;
/** What looks after others may be waiting for a database that does not answer. */
const ENDING_MS = 10_000;

/** The executor's process: the only one that writes to targets. */
async function main(): Promise<void> {
  const root = process.cwd();
  const environment = readEnvironment(process.env, root);
  const log = createLogger('executor');
  const controlUrl = required(environment.controlUrl, 'CONTROL_DATABASE_URL');
  const control = openControl(controlUrl, { max: 12, name: 'backstep executor' });
  const ending = new AbortController();
  const executorId = randomUUID();
  const deps: ExecutorDeps = {
    control,
    config: () => loadConfig({ path: environment.configPath, env: process.env, root }),
    scratchUrl: required(environment.scratchUrl, 'SCRATCH_DATABASE_URL'),
    executorId,
    executorName: `${hostname()}:${process.pid}`,
    signal: ending.signal,
    log,
  };
  const signOff = await announce(systemContext(control, await deps.config()), executorId);
  await dropLeftovers(deps).catch((cause) =>
    log.warn({ err: cause }, 'leftover scratch databases could not be dropped'),
  );
  const runner = await run({
    connectionString: controlUrl,
    concurrency: CONCURRENCY,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    taskList: taskList(deps),
    logger: new WorkerLogger(() => (level, message) => {
      if (level === 'error' || level === 'warning') log.warn({ worker: level }, message);
    }),
  });
  const endSweep = startSweep(deps);
  log.info({ executorId }, 'executor is ready');
  process.send?.('ready');

  let stopping = false;
  const stop = async (why: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'executor is ending');
    ending.abort();
    await atMost(ENDING_MS, endSweep());
    // Waits for the jobs that are going on; a run ends after its current step.
    await runner.stop();
    await atMost(
      ENDING_MS,
      signOff().then(() => control.close()),
    );
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  // The starter is gone; nobody would stop us otherwise.
  process.on('disconnect', () => void stop('the starting process ended'));
}

/** Waits for the work, but no longer than that. */
async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work.catch(() => undefined), sleep(milliseconds)]);
}

function required(value: string | undefined, name: string): string {
  if (!value) throw new Error(`${name} is not set. Start Backstep with npm start, which sets it.`);
  return value;
}

main().catch((cause: unknown) => {
  createLogger('executor').fatal({ err: cause }, 'the executor could not start');
  process.exit(1);
});
