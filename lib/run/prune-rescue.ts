import { and, asc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
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
import { dropRescueCopies, readRescueCopies } from '@/lib/rescue';
import { readIdentity, withTarget } from '@/lib/target';
import { takeTransactionLock } from './run-session';

const { rescues, users } = tables;

type RescueRow = typeof rescues.$inferSelect;

export const pruneRescueInput = z.object({ rollback: z.string() });

/** Asks the executor to drop a rollback's rescue copies. @throws BackstepError `forbidden`, `gate_closed` */
export async function pruneRescue(
  ctx: Ctx,
  input: z.infer<typeof pruneRescueInput>,
): Promise<void> {
  requirePermission(ctx.actor, 'rescue.prune');
  const rollbackId = findRollback(input.rollback);
  await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'prune_rescue', tx.actor);
    const requested = await tx.db
      .update(rescues)
      .set({
        pruneRequestedAt: sql`clock_timestamp()`,
        pruneRequestedBy: tx.actor.id,
        pruneError: null,
      })
      .where(and(eq(rescues.rollbackId, rollbackId), isNull(rescues.prunedAt)))
      .returning({ copy: rescues.copy });
    if (requested.length === 0) throw new ConflictError('The rescue copies are gone meanwhile.');
    await appendEvent(tx, rollbackId, 'rescue.prune_requested', { by: tx.actor.name });
    await enqueueJob(tx, 'prune_rescues', { rollbackId });
    await appendAudit(tx, {
      action: 'rescue.prune_request',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: { copies: requested.map(({ copy }) => copy) },
    });
  });
}

/**
 * Drops the copies on the target; the executor's part. All of them go, or none; a failure is written down and
 * may be repeated.
 */
export async function performRescuePrune(ctx: Ctx, rollbackId: number): Promise<void> {
  const asked = await askedFor(ctx, rollbackId);
  if (asked.length === 0) return;
  const facts = await loadFacts(ctx, rollbackId);
  const failure = await dropOnTarget(facts, asked, () => askedFor(ctx, rollbackId));
  await inTransaction(ctx, async (tx) => {
    // The rollback first, as everybody does who writes about a part of it.
    await loadFacts(tx, rollbackId, { lock: true });
    const written: { copy: string; by: string | null }[] = [];
    for (const { id, by } of asked) {
      const [row] = await tx.db
        .update(rescues)
        .set(failure ? { pruneError: failure } : { prunedAt: sql`clock_timestamp()` })
        .where(and(eq(rescues.id, id), isNull(rescues.prunedAt), isNull(rescues.pruneError)))
        .returning({ copy: rescues.copy });
      if (row) written.push({ copy: row.copy, by });
    }
    const [first] = written;
    if (!first) return;
    const copies = written.map(({ copy }) => copy);
    if (failure) await appendEvent(tx, rollbackId, 'rescue.prune_failed', { message: failure });
    else await appendEvent(tx, rollbackId, 'rescue.pruned', { copies, by: first.by ?? 'Backstep' });
    await appendAudit(tx, {
      action: 'rescue.prune',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: failure ? 'failed' : 'done',
      payload: failure ? { copies, message: failure } : { copies },
    });
  });
}

async function askedFor(
  ctx: Ctx,
  rollbackId: number,
): Promise<(RescueRow & { by: string | null })[]> {
  const found = await ctx.db
    .select({ rescue: rescues, by: users.name })
    .from(rescues)
    .leftJoin(users, eq(users.id, rescues.pruneRequestedBy))
    .where(
      and(
        eq(rescues.rollbackId, rollbackId),
        isNotNull(rescues.pruneRequestedAt),
        isNull(rescues.prunedAt),
        // Failed is answered, too: of two jobs for one request, the later finds nothing to do.
        isNull(rescues.pruneError),
      ),
    )
    .orderBy(asc(rescues.id));
  return found.map(({ rescue, by }) => ({ ...rescue, by }));
}

/**
 * @param stillAsked asked while no run can go on: an executor that stood still may come after another one, and
 *   a run that was resumed uses names of dropped copies again
 * @returns why they are still there, or null
 */
async function dropOnTarget(
  { row, target }: RollbackFacts,
  asked: readonly RescueRow[],
  stillAsked: () => Promise<readonly Pick<RescueRow, 'id'>[]>,
): Promise<string | null> {
  const { database, tracking } = row.plan;
  try {
    await withTarget(target, 'write', async (client) => {
      const identity = await readIdentity(client);
      if (
        identity.systemIdentifier !== database.systemIdentifier ||
        identity.name !== database.name
      ) {
        throw new Error('this is another database than the one with the copies');
      }
      await client.query('BEGIN');
      await client.query(`SET LOCAL lock_timeout = ${target.policy.lock_timeout_ms}`);
      if (!(await takeTransactionLock(client, tracking))) throw new Error('a run is going on');
      const still = new Set((await stillAsked()).map(({ id }) => id));
      const present = await readRescueCopies(client, rollbackLabel(row.id));
      const doomed = asked.filter(({ id, copy, subject, rows }) => {
        if (!still.has(id)) return false;
        const found = present.find((one) => one.copy === copy);
        // Gone already, or another installation's table under that name.
        if (found && (found.subject !== subject || found.rows !== rows))
          throw new Error(`${copy} holds something else than this rollback copied there`);
        return found !== undefined;
      });
      await dropRescueCopies(
        client,
        doomed.map(({ copy }) => copy),
      );
      await client.query('COMMIT');
    });
    return null;
  } catch (cause) {
    return `The rescue copies could not be dropped: ${(cause as Error).message}. Try again, or drop the tables by hand.`;
  }
}
