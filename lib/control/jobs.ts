import { sql } from 'drizzle-orm';
import type { Ctx } from './context';

/** Every task of the executor, with what it needs to know. */
export interface JobPayloads {
  rehearse: { rehearsalId: number };
  check_target: { checkId: number };
  take_backup: { backupId: number };
  test_restore: { testRestoreId: number };
  restore_backup: { restoreId: number };
  swap_restore: { restoreId: number };
  drop_restored: { restoreId: number };
  drop_former: { restoreId: number };
  reconcile_restore: { restoreId: number };
  release_restore_fence: { restoreId: number };
  run_rollback: { runId: number };
  reconcile_run: { rollbackId: number };
  release_fence: { fenceId: number };
  terminate_blocker: {
    rollbackId: number;
    pid: number;
    backendStart: string;
    requestedBy: string;
    /** Sequence number of the event that asked for it. */
    seq: number;
  };
  prune_rescues: { rollbackId: number };
}

export type JobName = keyof JobPayloads;

/**
 * Hands work to the executor, in the caller's transaction: the job exists if and only if the rest of
 * the change does. One attempt only: whether to try again is decided by a person, never by a queue.
 */
export async function enqueueJob<N extends JobName>(
  ctx: Pick<Ctx, 'db'>,
  name: N,
  payload: JobPayloads[N],
): Promise<void> {
  await ctx.db.execute(sql`
    SELECT graphile_worker.add_job(${name}, payload => ${JSON.stringify(payload)}::json, max_attempts => 1)`);
}
