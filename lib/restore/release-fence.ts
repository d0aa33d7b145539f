import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { restoreLabel } from '@/lib/core/restore';
import { readFence, trackingIdentifier, withTarget } from '@/lib/target';
import { releaseFenceSql } from '@/lib/undo';
import { appendRestoreEvent, NOW } from './change-status';
import { sentenceOf } from './perform-swap';
import { loadRestore, type RestoreFacts } from './restore-facts';
import { requireSameServer } from './same-server';

const { fences } = tables;

/** Takes a restore's fence down on the target; the executor's part. A failure may be repeated by a person. */
export async function performRestoreFenceRelease(ctx: Ctx, restoreId: number): Promise<void> {
  const facts = await loadRestore(ctx, restoreId);
  const { fence, row } = facts;
  if (!fence?.releaseRequestedAt) return;
  const stillAsked = and(
    eq(fences.id, fence.id),
    askedFor(),
    eq(fences.releaseRequestedAt, fence.releaseRequestedAt),
  );
  const isAsked = async () => (await ctx.db.$count(fences, stillAsked)) === 1;
  if (!(await isAsked())) return;
  const watched = fence.kind === 'watch';
  const failure = watched ? null : await dropFence(facts, isAsked);
  await inTransaction(ctx, async (tx) => {
    await loadRestore(tx, restoreId, { lock: true });
    const written = await tx.db
      .update(fences)
      .set(failure ? { releaseError: failure } : { releasedAt: NOW })
      .where(stillAsked)
      .returning({ id: fences.id });
    if (written.length === 0) return;
    const action = watched ? 'watch.end' : 'fence.release';
    await appendRestoreEvent(tx, restoreId, failure ? 'fence.release_failed' : 'fence.released', {
      ...(failure && { message: failure }),
    });
    await appendAudit(tx, {
      action,
      subject: restoreLabel(restoreId),
      target: row.target,
      outcome: failure ? 'failed' : 'done',
      payload: failure ? { message: failure } : { head: fence.headTag },
    });
  });
}

/** Asked for and not answered yet: of two jobs for one request, the later finds nothing to do. */
const askedFor = () =>
  and(isNull(fences.releasedAt), isNotNull(fences.releaseRequestedAt), isNull(fences.releaseError));

/**
 * Drops the trigger, unless it is another one's by now. One trigger stands for all who guard a target: a
 * later rollback may have made it its own.
 * @param isAsked asked while nobody can put a fence up: an executor that stood still may come after another
 *   one has answered the request, and the database in its place may be guarded anew
 * @returns why it still stands, as a sentence; null when it is gone
 */
async function dropFence(
  facts: RestoreFacts,
  isAsked: () => Promise<boolean>,
): Promise<string | null> {
  const { row, target } = facts;
  try {
    await withTarget(target, 'write', async (client) => {
      await requireSameServer(client, row);
      await client.query('BEGIN');
      await client.query(`SET LOCAL lock_timeout = ${target.policy.lock_timeout_ms}`);
      // Whoever raises a fence, and every booting image, waits here or has been waited for.
      await client.query(`LOCK TABLE ${trackingIdentifier(target.tracking)} IN EXCLUSIVE MODE`);
      if (!(await isAsked()))
        throw new BackstepError('refused', 'the release has been answered meanwhile');
      const up = await readFence(client, target.tracking);
      if (up?.rollback && up.rollback !== restoreLabel(row.id))
        throw new BackstepError('refused', `the fence that is up is the one of ${up.rollback}`);
      for (const statement of releaseFenceSql(target.tracking)) await client.query(statement);
      await client.query('COMMIT');
    });
    return null;
  } catch (cause) {
    return `The fence could not be taken down: ${sentenceOf(facts, cause)}. Try again, or run the SQL below by hand.`;
  }
}
