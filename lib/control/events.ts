import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm';
import { BackstepError } from '@/lib/core/errors';
import type { EventKind, EventPayloads, RollbackEvent } from '@/lib/core/events';
import type { Ctx } from './context';
import { rollbackEvents, rollbacks, runs } from './schema';

/** NOTIFY channel; the payload is the rollback's number. */
export const EVENTS_CHANNEL = 'backstep_events';

/**
 * Appends one event. The sequence number is taken from the rollback's row, which stays locked until
 * the transaction ends: numbers are gapless and become visible in their order.
 * @throws BackstepError `not_found`
 */
export async function appendEvent<K extends EventKind>(
  ctx: Pick<Ctx, 'db'>,
  rollbackId: number,
  kind: K,
  payload: EventPayloads[K],
  runId: number | null = null,
): Promise<number> {
  const result = await ctx.db.execute<{ seq: number }>(sql`
    WITH next AS (
      UPDATE ${rollbacks} SET event_seq = event_seq + 1 WHERE id = ${rollbackId} RETURNING event_seq
    ), inserted AS (
      INSERT INTO ${rollbackEvents} (rollback_id, seq, run_id, kind, payload)
      SELECT ${rollbackId}, event_seq, ${runId}::int, ${kind}, ${JSON.stringify(payload)}::jsonb FROM next
      RETURNING seq
    )
    SELECT seq, pg_notify(${EVENTS_CHANNEL}, ${String(rollbackId)}) FROM inserted`);
  const row = result.rows[0];
  if (!row) throw new BackstepError('not_found', `Rollback ${rollbackId} does not exist.`);
  return row.seq;
}

/** One event that waits to be written. */
export type PendingEvent = {
  [K in EventKind]: { kind: K; payload: EventPayloads[K] };
}[EventKind];

/**
 * For a statement that is a transaction of its own, in what it returns: its COMMIT does not wait for the
 * disk. A crash of the control database may lose it, though never without everything that was committed
 * after it; and whatever waits for the disk later takes it along.
 */
export const WITHOUT_WAITING = sql`set_config('synchronous_commit', 'off', true)`;

/**
 * Appends several events of a run at once, in their order, if the run still belongs to `epoch`.
 * @param options.waitForDisk false for what is only progress; not inside of a transaction, all of which
 *   it would concern
 * @returns false when another executor owns the run by now; nothing was written then
 */
export async function appendRunEvents(
  ctx: Pick<Ctx, 'db'>,
  run: { rollbackId: number; runId: number; epoch: number },
  events: readonly PendingEvent[],
  { waitForDisk }: { waitForDisk: boolean } = { waitForDisk: true },
): Promise<boolean> {
  const result = await ctx.db.execute<{ written: number }>(
    runEventsSql(run, events, waitForDisk ? [] : [WITHOUT_WAITING]),
  );
  return (result.rows[0]?.written ?? 0) === events.length;
}

/**
 * The same as a statement, for whoever sends it along with others; `written` says how many were.
 * @param more what else it shall return
 */
export function runEventsSql(
  run: { rollbackId: number; runId: number; epoch: number },
  events: readonly PendingEvent[],
  more: readonly SQL[] = [],
): SQL {
  return sql`
    WITH next AS (
      UPDATE ${rollbacks} SET event_seq = event_seq + ${events.length}
      WHERE id = ${run.rollbackId}
        AND EXISTS (SELECT FROM ${runs} r WHERE r.id = ${run.runId} AND r.epoch = ${run.epoch})
      RETURNING event_seq - ${events.length} AS base
    ), inserted AS (
      INSERT INTO ${rollbackEvents} (rollback_id, seq, run_id, kind, payload)
      SELECT ${run.rollbackId}, next.base + e.ord, ${run.runId}, e.value ->> 'kind', e.value -> 'payload'
      FROM next, jsonb_array_elements(${JSON.stringify(events)}::jsonb) WITH ORDINALITY AS e(value, ord)
      RETURNING 1
    )
    SELECT count(*)::int AS written, pg_notify(${EVENTS_CHANNEL}, ${String(run.rollbackId)})
      ${sql.join(more.map((one) => sql`, ${one}`))}
    FROM inserted`;
}

/** Events after `afterSeq`, oldest first. */
export async function readEvents(
  ctx: Pick<Ctx, 'db'>,
  rollbackId: number,
  afterSeq = 0,
  limit = 1_000,
): Promise<RollbackEvent[]> {
  const rows = await ctx.db
    .select()
    .from(rollbackEvents)
    .where(and(eq(rollbackEvents.rollbackId, rollbackId), gt(rollbackEvents.seq, afterSeq)))
    .orderBy(asc(rollbackEvents.seq))
    .limit(limit);
  return rows.map(
    (row) =>
      ({
        seq: row.seq,
        at: new Date(row.at).toISOString(),
        runId: row.runId,
        kind: row.kind,
        payload: row.payload,
      }) as unknown as RollbackEvent,
  );
}
