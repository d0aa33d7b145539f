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
      SELECT 'release_fence', json_build_object('fenceId', id) FROM backstep.fences
        WHERE released_at IS NULL AND release_error IS NULL
          AND release_requested_at < clock_timestamp() - make_interval(secs => ${FORGOTTEN_AFTER_S})
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
