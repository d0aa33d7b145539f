import { sql } from 'drizzle-orm';
import type { Ctx } from '@/lib/control';

/** Queued for longer than this with nobody at it: its job died with the executor that had taken it. */
const FORGOTTEN_AFTER_S = 20;

/**
 * Puts work back into the queue whose job was taken by an executor that died before it could claim
 * the work. Claims are guarded, so that a job too many does nothing.
 * @returns how many jobs were added
 */
export async function requeueForgotten(ctx: Ctx): Promise<number> {
  const result = await ctx.db.execute(sql`
    WITH forgotten AS (
      SELECT 'run_rollback' AS task, json_build_object('runId', id) AS payload
        FROM backstep.runs
        WHERE state = 'queued' AND requested_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
      UNION ALL
      SELECT 'rehearse', json_build_object('rehearsalId', id) FROM backstep.rehearsals
        WHERE state = 'queued' AND queued_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
      UNION ALL
      SELECT 'check_target', json_build_object('checkId', id) FROM backstep.target_checks
        WHERE state = 'queued' AND queued_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
      UNION ALL
      SELECT 'take_backup', json_build_object('backupId', id) FROM backstep.backups
        WHERE state = 'queued' AND queued_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
      UNION ALL
      SELECT 'test_restore', json_build_object('testRestoreId', id) FROM backstep.test_restores
        WHERE state = 'queued' AND queued_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
      UNION ALL
      SELECT 'release_fence', json_build_object('fenceId', id) FROM backstep.fences
        WHERE released_at IS NULL AND release_error IS NULL AND rollback_id IS NOT NULL
          AND release_requested_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
      UNION ALL
      SELECT 'release_restore_fence', json_build_object('restoreId', restore_id) FROM backstep.fences
        WHERE released_at IS NULL AND release_error IS NULL AND restore_id IS NOT NULL
          AND release_requested_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
      UNION ALL
      SELECT CASE WHEN status = 'restoring' THEN 'restore_backup' ELSE 'swap_restore' END,
             json_build_object('restoreId', id) FROM backstep.restores
        WHERE status IN ('restoring', 'swapping', 'swapping_back') AND executor_id IS NULL
          AND asked_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
      UNION ALL
      SELECT 'drop_restored', json_build_object('restoreId', id) FROM backstep.restores
        WHERE status IN ('cancelled', 'rejected') AND (new_oid IS NOT NULL OR schemas IS NOT NULL) AND new_dropped_at IS NULL
          AND executor_id IS NULL AND message IS NULL
          AND asked_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
      UNION ALL
      SELECT 'drop_former', json_build_object('restoreId', id) FROM backstep.restores
        WHERE former_drop_requested_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
          AND former_dropped_at IS NULL AND former_drop_error IS NULL AND executor_id IS NULL
      UNION ALL
      SELECT 'prune_rescues', json_build_object('rollbackId', rollback_id) FROM backstep.rescues
        WHERE pruned_at IS NULL AND prune_error IS NULL
          AND prune_requested_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
        GROUP BY rollback_id
    )
    SELECT graphile_worker.add_job(
      task, payload => payload, max_attempts => 1,
      job_key => 'again:' || task || ':' || payload::text)
    FROM forgotten`);
  return result.rowCount ?? 0;
}
