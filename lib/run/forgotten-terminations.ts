import { eq, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { appendEvent, type Ctx, inTransaction, tables } from '@/lib/control';
import { rollbackLabel } from '@/lib/core/rollback';

const { rollbacks } = tables;

/** Longer than an executor may take over the end of a session, with all of its waits. */
const FORGOTTEN_AFTER_S = 45;
/** Of runs that have ended for longer nobody waits for an answer. */
const LOOK_BACK_S = 600;

interface Request {
  rollbackId: number;
  runId: number;
  target: string;
  seq: number;
  pid: number;
  by: string;
}

/**
 * Answers requests to end a blocker whose executor has died, or has not come to them. They are not queued
 * again: who was in the way then may hold up nothing now, and whoever asked may no longer mean it.
 * @param afterS how old a request must be
 * @returns how many were answered
 */
export async function answerForgottenTerminations(
  ctx: Ctx,
  afterS: number = FORGOTTEN_AFTER_S,
): Promise<number> {
  const { rows } = await ctx.db.execute<Request & Record<string, unknown>>(sql`
    SELECT e.rollback_id AS "rollbackId", e.run_id AS "runId", b.target, e.seq,
           (e.payload ->> 'pid')::int AS pid, e.payload ->> 'by' AS by
      FROM backstep.runs r
      JOIN backstep.rollbacks b ON b.id = r.rollback_id
      JOIN backstep.rollback_events e ON e.rollback_id = r.rollback_id AND e.run_id = r.id
     WHERE (r.state <> 'finished' OR r.finished_at > clock_timestamp() - make_interval(secs => ${LOOK_BACK_S}))
       AND e.kind = 'blocker.terminate_requested'
       AND e.at <= clock_timestamp() - make_interval(secs => ${afterS})
       AND NOT EXISTS (
         SELECT FROM backstep.rollback_events a
          WHERE a.rollback_id = e.rollback_id AND a.seq > e.seq
            AND a.kind IN ('blocker.terminated', 'blocker.terminate_failed')
            AND a.payload -> 'pid' = e.payload -> 'pid')`);
  let answered = 0;
  for (const request of rows) if (await answer(ctx, request)) answered += 1;
  return answered;
}

/** True when somebody has written down what became of a request. */
export async function isAnswered(
  ctx: Pick<Ctx, 'db'>,
  { rollbackId, seq, pid }: Pick<Request, 'rollbackId' | 'seq' | 'pid'>,
): Promise<boolean> {
  const { rows } = await ctx.db.execute<{ answered: boolean }>(sql`
    SELECT EXISTS (
      SELECT FROM backstep.rollback_events
       WHERE rollback_id = ${rollbackId} AND seq > ${seq}
         AND kind IN ('blocker.terminated', 'blocker.terminate_failed')
         AND (payload ->> 'pid')::int = ${pid}) AS answered`);
  return rows[0]?.answered === true;
}

async function answer(ctx: Ctx, request: Request): Promise<boolean> {
  const { rollbackId, runId, target, pid, by } = request;
  return await inTransaction(ctx, async (tx) => {
    await tx.db
      .select({ id: rollbacks.id })
      .from(rollbacks)
      .where(eq(rollbacks.id, rollbackId))
      .for('update');
    if (await isAnswered(tx, request)) return false;
    const message = `Nobody can say whether session ${pid} was ended: the executor that was to do it has not answered. If the session still holds up the run, ask again.`;
    await appendEvent(tx, rollbackId, 'blocker.terminate_failed', { pid, message }, runId);
    await appendAudit(tx, {
      action: 'run.blocker_terminated',
      subject: rollbackLabel(rollbackId),
      target,
      outcome: 'unknown',
      payload: { pid, requested_by: by, message },
    });
    return true;
  });
}
