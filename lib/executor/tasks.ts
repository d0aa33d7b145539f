import type { TaskList } from 'graphile-worker';
import { z } from 'zod';
import { confirmBackup, openBackup, performBackup } from '@/lib/backup';
import { type Control, type JobName, queueTestRestore, systemContext } from '@/lib/control';
import type { Config } from '@/lib/core/policy';
import { findClientTool } from '@/lib/embedded';
import type { Logger } from '@/lib/log';
import { performCheck } from '@/lib/migrations';
import { checkPlan } from '@/lib/plan';
import { proveSteps } from '@/lib/proof';
import { rehearse, rehearseSteps } from '@/lib/rehearsal';
import {
  performDropOfFormer,
  performDropOfNew,
  performRestore,
  performRestoreFenceRelease,
  performSwap,
  reconcileRestoreNow,
} from '@/lib/restore';
import {
  performFenceRelease,
  performRescuePrune,
  performRun,
  performTermination,
  reconcileNow,
} from '@/lib/run';
import { performTestRestore } from '@/lib/test-restore';

export interface ExecutorDeps {
  control: Control;
  /** Read for each job, so that an edited configuration counts without a restart. */
  config(): Promise<Config>;
  scratchUrl: string;
  executorId: string;
  executorName: string;
  /** Aborted when the executor is asked to end. */
  signal: AbortSignal;
  log: Logger;
}

/** Every job by its name. A task catches what it expects; what is left is logged with the job. */
export function taskList(deps: ExecutorDeps): TaskList {
  const tasks: Record<JobName, (payload: unknown) => Promise<void>> = {
    rehearse: async (payload) => {
      const { rehearsalId } = z.object({ rehearsalId: z.number() }).parse(payload);
      await rehearse(
        await context(deps),
        { rehearsalId },
        { ...deps, proveSteps, findTool: findClientTool },
      );
    },
    check_target: async (payload) => {
      const { checkId } = z.object({ checkId: z.number() }).parse(payload);
      await performCheck(await context(deps), { checkId }, deps);
    },
    take_backup: async (payload) => {
      const { backupId } = z.object({ backupId: z.number() }).parse(payload);
      await performBackup(
        await context(deps),
        { backupId },
        {
          executorId: deps.executorId,
          findTool: findClientTool,
          signal: deps.signal,
          queueTestRestore,
        },
      );
    },
    test_restore: async (payload) => {
      const { testRestoreId } = z.object({ testRestoreId: z.number() }).parse(payload);
      await performTestRestore(
        await context(deps),
        { testRestoreId },
        { ...deps, findTool: findClientTool, openBackup, rehearseSteps },
      );
    },
    restore_backup: async (payload) => {
      await performRestore(await context(deps), restoreOf(payload), {
        executorId: deps.executorId,
        signal: deps.signal,
        findTool: findClientTool,
        openBackup: ({ config }, { location, manifest, stored }, signal) => {
          if (location === null || manifest === null) throw new Error('the backup has no bytes');
          const { executorId } = deps;
          return openBackup(config.backups, { location, manifest, stored }, { executorId, signal });
        },
      });
    },
    swap_restore: async (payload) => {
      await performSwap(await context(deps), restoreOf(payload), { ...deps, confirmBackup });
    },
    drop_restored: async (payload) => {
      await performDropOfNew(await context(deps), restoreOf(payload), deps);
    },
    drop_former: async (payload) => {
      await performDropOfFormer(await context(deps), restoreOf(payload), deps);
    },
    reconcile_restore: async (payload) => {
      await reconcileRestoreNow(await context(deps), restoreOf(payload), deps);
    },
    release_restore_fence: async (payload) => {
      await performRestoreFenceRelease(await context(deps), restoreOf(payload));
    },
    run_rollback: async (payload) => {
      const { runId } = z.object({ runId: z.number() }).parse(payload);
      await performRun(await context(deps), runId, { ...deps, checkPlan, confirmBackup });
    },
    reconcile_run: async (payload) => {
      const { rollbackId } = z.object({ rollbackId: z.number() }).parse(payload);
      await reconcileNow(await context(deps), rollbackId, deps.executorId);
    },
    release_fence: async (payload) => {
      const { fenceId } = z.object({ fenceId: z.number() }).parse(payload);
      await performFenceRelease(await context(deps), fenceId);
    },
    terminate_blocker: async (payload) => {
      const asked = z
        .object({
          rollbackId: z.number(),
          pid: z.number(),
          backendStart: z.string(),
          requestedBy: z.string(),
          seq: z.number(),
        })
        .parse(payload);
      await performTermination(await context(deps), asked);
    },
    prune_rescues: async (payload) => {
      const { rollbackId } = z.object({ rollbackId: z.number() }).parse(payload);
      await performRescuePrune(await context(deps), rollbackId);
    },
  };
  return Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [
      name,
      async (payload: unknown) => {
        try {
          await task(payload);
        } catch (cause) {
          deps.log.error({ err: cause, job: name, payload }, 'a job failed');
          throw cause;
        }
      },
    ]),
  );
}

const restoreOf = (payload: unknown): number =>
  z.object({ restoreId: z.number() }).parse(payload).restoreId;

async function context(deps: ExecutorDeps) {
  return systemContext(deps.control, await deps.config());
}
