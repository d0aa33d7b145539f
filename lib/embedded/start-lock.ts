import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { processBirth } from './process-table';
import { EmbeddedServerError, hasErrno } from './server-error';

/** Between two looks at a lock that somebody else holds. */
const POLL_MS = 50;

/** Somebody else is just removing a dead lock. */
const TURN_MS = 5;

/** A Backstep that was just killed stops its servers within seconds; one that runs does not go away. */
const HOLD_PATIENCE_MS = 10_000;

/** A start may have to wait for crash recovery; whoever holds the lock longer than this hangs. */
const WAIT_MS = 180_000;

const holderSchema = z.object({ pid: z.number().int(), birth: z.string(), token: z.string() });
type Holder = z.infer<typeof holderSchema>;

/**
 * Does `work` while this process alone holds the lock file; a lock left behind by a process that
 * has ended is taken over.
 *
 * @throws EmbeddedServerError `start_locked` when the holder does not let go.
 */
export async function withStartLock<T>(lockFile: string, work: () => Promise<T>): Promise<T> {
  await acquire(
    lockFile,
    await thisProcess(),
    WAIT_MS,
    (pid) =>
      `Process ${pid} has been starting this PostgreSQL for ${WAIT_MS / 1000} s (${lockFile}). Wait for it, or end it and start again.`,
  );
  try {
    return await work();
  } finally {
    await rm(lockFile, { force: true });
  }
}

/**
 * Keeps a home for this process alone, until it ends or lets go: two Backsteps on one home would stop
 * each other's servers.
 *
 * @returns a function that lets go
 * @throws EmbeddedServerError `start_locked` when another process has it
 */
export async function holdHome(home: string): Promise<() => Promise<void>> {
  await mkdir(home, { recursive: true });
  const lockFile = join(home, 'backstep.lock');
  await acquire(
    lockFile,
    await thisProcess(),
    HOLD_PATIENCE_MS,
    (pid) =>
      `Backstep already runs with ${home} (process ${pid}). Stop it first, or set BACKSTEP_HOME and PORT for a second one.`,
  );
  return () => rm(lockFile, { force: true });
}

async function thisProcess(): Promise<Holder> {
  return {
    pid: process.pid,
    birth: (await processBirth(process.pid)) ?? '',
    token: randomUUID(),
  };
}

async function acquire(
  lockFile: string,
  holder: Holder,
  waitMs: number,
  refusal: (pid: number) => string,
): Promise<void> {
  // A link appears with its whole content at once; a created file would be seen empty first.
  const draft = `${lockFile}.${holder.token}`;
  await writeFile(draft, JSON.stringify(holder), { mode: 0o644 });
  try {
    const deadline = Date.now() + waitMs;
    for (;;) {
      if (await tryLink(draft, lockFile)) return;
      const text = await readLock(lockFile);
      if (text === undefined) continue;
      const other = parseHolder(text);
      if (!other || !(await isAlive(other))) {
        await takeAway(lockFile, text, draft);
        continue;
      }
      if (Date.now() >= deadline) {
        throw new EmbeddedServerError('start_locked', refusal(other.pid));
      }
      await delay(POLL_MS);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function tryLink(draft: string, lockFile: string): Promise<boolean> {
  try {
    await link(draft, lockFile);
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function readLock(lockFile: string): Promise<string | undefined> {
  try {
    return await readFile(lockFile, 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The birth tells a holder from an unrelated process that was given its number later. */
async function isAlive(holder: Holder): Promise<boolean> {
  const birth = await processBirth(holder.pid);
  return birth !== undefined && birth === holder.birth;
}

/**
 * Removes the lock of a dead holder. One does so at a time: between the look at the lock and its removal
 * nobody else may have removed it and put up their own.
 */
async function takeAway(lockFile: string, expected: string, draft: string): Promise<void> {
  const turn = `${lockFile}.turn`;
  if (await tryLink(draft, turn)) {
    try {
      if ((await readLock(lockFile)) === expected) await rm(lockFile, { force: true });
    } finally {
      await rm(turn, { force: true });
    }
    return;
  }
  const text = await readLock(turn);
  const other = text === undefined ? undefined : parseHolder(text);
  // Died within the moment that the removal takes.
  if (text !== undefined && (!other || !(await isAlive(other)))) await takeAside(turn, text);
  else await delay(TURN_MS);
}

/** Removes a dead holder's turn, unless another process was faster and now holds it itself. */
async function takeAside(turn: string, expected: string): Promise<void> {
  const aside = `${turn}.${randomUUID()}`;
  try {
    await rename(turn, aside);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readLock(aside)) !== expected) await tryLink(aside, turn);
  await rm(aside, { force: true });
}
