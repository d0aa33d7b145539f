import { interruptOrphanedBackups, pruneBackups, removeLeftOpened } from '@/lib/backup';
import { systemContext } from '@/lib/control';
import { endLeftPrograms } from '@/lib/embedded/left-programs';
import { interruptOrphanedChecks, keepChecked } from '@/lib/migrations';
import { expireOld } from '@/lib/plan';
import { interruptOrphanedRehearsals } from '@/lib/rehearsal';
import { takeOverLapsedRestores, watchRestoreFences } from '@/lib/restore';
import { answerForgottenTerminations, takeOverLapsedRuns, watchFences } from '@/lib/run';
import { dropOrphanedScratch } from '@/lib/scratch';
import { interruptOrphanedTestRestores } from '@/lib/test-restore';
import { deadExecutorIds } from './presence';
import { requeueForgotten } from './requeue';
import type { ExecutorDeps } from './tasks';

const SWEEP_EVERY_MS = 3_000;
/** Asking the targets whether their files or rows have changed takes a connection to each. */
const CHECK_EVERY_MS = 30_000;
/** A booting image that the fence refuses is news for whoever looks at the room. */
const WATCH_EVERY_MS = 4_000;
/** What is kept is counted in days. */
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Looks after what a dead executor has left: runs whose lease lapsed are settled, rehearsals and
 * backups are marked as interrupted, lost jobs are queued again, old approvals expire.
 * @returns a function that ends the sweep after its current round
 */
export function startSweep(deps: ExecutorDeps): () => Promise<void> {
  // Loops of their own: a target that answers slowly must not hold up the settling of a run.
  const ends = [
    again(SWEEP_EVERY_MS, () => sweep(deps)),
    again(CHECK_EVERY_MS, () => queueChecks(deps)),
    again(WATCH_EVERY_MS, () => watch(deps)),
    again(PRUNE_EVERY_MS, () => prune(deps)),
  ];
  return async () => {
    await Promise.all(ends.map((end) => end()));
  };
}

/** Repeats work that never fails, with a pause after each round. */
function again(pauseMs: number, work: () => Promise<void>): () => Promise<void> {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();
  const schedule = () => {
    round = work().finally(() => {
      if (!ended) timer = setTimeout(schedule, pauseMs);
    });
  };
  schedule();
  return async () => {
    ended = true;
    clearTimeout(timer);
    await round;
  };
}

/** Has targets looked at whose files, rows or scripts have changed since the last time. */
async function queueChecks(deps: ExecutorDeps): Promise<void> {
  try {
    await keepChecked(systemContext(deps.control, await deps.config()));
  } catch (cause) {
    deps.log.error({ err: cause }, 'the targets could not be checked');
  }
}

/** Sees what runs into a fence, and what comes back where none stands. */
async function watch(deps: ExecutorDeps): Promise<void> {
  try {
    await watchFences(systemContext(deps.control, await deps.config()));
  } catch (cause) {
    deps.log.error({ err: cause }, 'the fences could not be watched');
  }
  try {
    await watchRestoreFences(systemContext(deps.control, await deps.config()));
  } catch (cause) {
    deps.log.error({ err: cause }, 'the fences of restores could not be watched');
  }
}

/** Removes the backups that the retention lets go, and copies that could not be dropped when they ended. */
async function prune(deps: ExecutorDeps): Promise<void> {
  try {
    const ctx = systemContext(deps.control, await deps.config());
    const dropped = await dropOrphanedScratch(ctx, deps.scratchUrl);
    if (dropped.length > 0) deps.log.info({ databases: dropped }, 'leftover copies were dropped');
  } catch (cause) {
    deps.log.error({ err: cause }, 'leftover copies could not be dropped');
  }
  try {
    const { pruned, problems } = await pruneBackups(
      systemContext(deps.control, await deps.config()),
    );
    if (pruned.length > 0) deps.log.info({ backups: pruned }, 'backups were pruned');
    for (const { backupId, cause } of problems) {
      deps.log.error({ err: cause, backupId }, 'a backup could not be pruned');
    }
  } catch (cause) {
    deps.log.error({ err: cause }, 'the backups could not be pruned');
  }
}

/** One round. Each part stands alone: one that fails is logged and does not hold up the others. */
export async function sweep(deps: ExecutorDeps): Promise<void> {
  const part = async (name: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (cause) {
      deps.log.error({ err: cause, part: name }, 'a part of the sweep failed');
    }
  };
  let ctx: ReturnType<typeof systemContext>;
  try {
    ctx = systemContext(deps.control, await deps.config());
  } catch (cause) {
    deps.log.error({ err: cause }, 'the configuration can’t be read');
    return;
  }
  await part('runs', () => takeOverLapsedRuns(ctx, deps.executorId));
  await part('restores', () => takeOverLapsedRestores(ctx, deps.executorId));
  await part('orphans', async () => {
    const dead = await deadExecutorIds(ctx);
    if (dead.length === 0) return;
    const interrupted = await interruptOrphanedRehearsals(ctx, dead);
    // Only now are their scratch databases nobody's.
    if (interrupted.length > 0) await dropOrphanedScratch(ctx, deps.scratchUrl);
    await interruptOrphanedBackups(ctx, dead);
    const checks = await interruptOrphanedChecks(ctx, dead);
    const tests = await interruptOrphanedTestRestores(ctx, dead);
    if (checks.length + tests.length > 0) await dropOrphanedScratch(ctx, deps.scratchUrl);
    // Decrypted copies shall not wait for anything.
    await removeLeftOpened(ctx.config.backups, dead);
  });
  await part('requeue', () => requeueForgotten(ctx));
  await part('terminations', () => answerForgottenTerminations(ctx));
  await part('expiry', () => expireOld(ctx));
}

/**
 * Once at the start: programs and scratch databases that nobody will come back for. What they worked for
 * may have been ended by an executor of another machine, which could not reach them.
 */
export async function dropLeftovers(deps: ExecutorDeps): Promise<void> {
  const ctx = systemContext(deps.control, await deps.config());
  await endLeftPrograms(await deadExecutorIds(ctx));
  await dropOrphanedScratch(ctx, deps.scratchUrl);
}
