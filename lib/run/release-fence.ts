import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type Ctx,
  enqueueJob,
  findRollback,
  inTransaction,
  loadFacts,
  type RollbackFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { ConflictError } from '@/lib/core/errors';
import { rollbackLabel } from '@/lib/core/rollback';
import { readFence, readIdentity, withTarget } from '@/lib/target';
import { releaseFenceSql } from '@/lib/undo';
import { takeTransactionLock } from './run-session';

const { fences, users } = tables;

export const releaseFenceInput = z.object({ rollback: z.string() });

/** Asks the executor to take the fence down. @throws BackstepError `forbidden`, `gate_closed` */
export async function releaseFence(
  ctx: Ctx,
  input: z.infer<typeof releaseFenceInput>,
): Promise<void> {
  requirePermission(ctx.actor, 'fence.release');
  const rollbackId = findRollback(input.rollback);
  await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'release_fence', tx.actor);
    const [fence] = await tx.db
      .update(fences)
      .set({
        releaseRequestedAt: sql`clock_timestamp()`,
        releaseRequestedBy: tx.actor.id,
        releaseError: null,
      })
      .where(and(eq(fences.rollbackId, rollbackId), isNull(fences.releasedAt)))
      .returning({ id: fences.id });
    if (!fence) throw new ConflictError('The fence has been released meanwhile.');
    await appendEvent(tx, rollbackId, 'fence.release_requested', { by: tx.actor.name });
    await enqueueJob(tx, 'release_fence', { fenceId: fence.id });
    await appendAudit(tx, {
      action: 'fence.release_request',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: { head: facts.input.fence?.headTag ?? null },
    });
  });
}

/** Takes the fence down on the target; the executor's part. A failure is written down and may be repeated. */
export async function performFenceRelease(ctx: Ctx, fenceId: number): Promise<void> {
  const [found] = await ctx.db
    .select({ fence: fences, by: users.name })
    .from(fences)
    .leftJoin(users, eq(users.id, fences.releaseRequestedBy))
    .where(and(eq(fences.id, fenceId), askedFor()));
  if (!found?.fence.releaseRequestedAt || found.fence.rollbackId === null) return;
  const { rollbackId, releaseRequestedAt } = found.fence;
  const stillAsked = and(
    eq(fences.id, fenceId),
    askedFor(),
    eq(fences.releaseRequestedAt, releaseRequestedAt),
  );
  const facts = await loadFacts(ctx, rollbackId);
  const watched = found.fence.kind === 'watch';
  const { failure, wasGone } = watched
    ? NOTHING_TO_DROP
    : await dropFence(facts, async () => (await ctx.db.$count(fences, stillAsked)) === 1);
  await inTransaction(ctx, async (tx) => {
    // The rollback first, as everybody does who writes about a fence.
    await loadFacts(tx, rollbackId, { lock: true });
    const written = await tx.db
      .update(fences)
      .set(failure ? { releaseError: failure } : { releasedAt: sql`clock_timestamp()` })
      .where(stillAsked)
      .returning({ id: fences.id });
    if (written.length === 0) return;
    if (failure) await appendEvent(tx, rollbackId, 'fence.release_failed', { message: failure });
    else {
      if (wasGone)
        await appendEvent(tx, rollbackId, 'fence.removed_by_hand', { message: WAS_GONE });
      const ended = watched ? 'watch.ended' : 'fence.released';
      await appendEvent(tx, rollbackId, ended, { by: found.by ?? 'Backstep' });
    }
    await appendAudit(tx, {
      action: watched ? 'watch.end' : 'fence.release',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: failure ? 'failed' : 'done',
      payload: failure
        ? { message: failure }
        : { head: found.fence.headTag, ...(wasGone && { wasGone }) },
    });
  });
}

/** Asked for and not answered yet: of two jobs for one request, the later finds nothing to do. */
const askedFor = () =>
  and(isNull(fences.releasedAt), isNotNull(fences.releaseRequestedAt), isNull(fences.releaseError));

interface Dropped {
  /** Why it still stands, as a sentence. */
  failure: string | null;
  /** There was no trigger any more. */
  wasGone: boolean;
}

const NOTHING_TO_DROP: Dropped = { failure: null, wasGone: false };

/** An executor that died between its drop and this record leaves the same traces as a person. */
const WAS_GONE =
  'There was no trigger left to drop: somebody had removed it by hand, or Backstep was interrupted while it did.';

/**
 * Drops the trigger, unless a run is going on or it is another rollback's. One trigger stands for all
 * rollbacks of a target: between the request and now, a later one may have made it its own.
 * @param stillAsked asked while no run can go on: an executor that stood still may come after another one has
 *   answered the request, and a run has put the fence up again
 */
async function dropFence(
  { row, target }: RollbackFacts,
  stillAsked: () => Promise<boolean>,
): Promise<Dropped> {
  const { database, tracking } = row.plan;
  try {
    const wasGone = await withTarget(target, 'write', async (client) => {
      const identity = await readIdentity(client);
      if (
        identity.systemIdentifier !== database.systemIdentifier ||
        identity.name !== database.name
      ) {
        throw new Error('this is another database than the one with the fence');
      }
      await client.query('BEGIN');
      await client.query(`SET LOCAL lock_timeout = ${target.policy.lock_timeout_ms}`);
      if (!(await takeTransactionLock(client, tracking))) {
        throw new Error('a run is going on');
      }
      if (!(await stillAsked())) throw new Error('the release has been answered meanwhile');
      const fence = await readFence(client, tracking);
      if (fence?.rollback && fence.rollback !== rollbackLabel(row.id)) {
        throw new Error(`the fence that is up is the one of ${fence.rollback}`);
      }
      for (const sql of releaseFenceSql(tracking)) await client.query(sql);
      await client.query('COMMIT');
      return fence === null;
    });
    return { failure: null, wasGone };
  } catch (cause) {
    const failure = `The fence could not be taken down: ${(cause as Error).message}. Try again, or run the SQL below by hand.`;
    return { failure, wasGone: false };
  }
}
