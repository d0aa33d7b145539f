import { eq, sql } from 'drizzle-orm';
import { type Ctx, enqueueJob, tables } from '@/lib/control';
import { removeLeftPasswordFiles } from '@/lib/embedded/connection-environment';
import { endLeftPrograms } from '@/lib/embedded/left-programs';
import { failRestore } from './fail-restore';
import { settleOrSayUnknown } from './perform-swap';
import { loadRestore } from './restore-facts';
import {
  inStatus,
  lapsedRestores,
  ownRestore,
  RestoreLostError,
  RestoreRecord,
} from './restore-record';
import { UNSEEN } from './settle-swap';

const { restores } = tables;

/**
 * Takes over every restore whose owner has let its lease lapse, on the control database's clock: a swap
 * is settled by asking the server which database has the name, a restore has failed, and a drop is done
 * again. The epoch rises first, so that the old owner, should it wake up, does nothing any more.
 * @returns how many were taken over
 * @throws AggregateError when some could not be settled, after all have been tried; they lapse again
 */
export async function takeOverLapsedRestores(ctx: Ctx, executorId: string): Promise<number> {
  const faults: unknown[] = [];
  let taken = 0;
  for (const id of await lapsedRestores(ctx)) {
    const [before] = await ctx.db
      .select({ executorId: restores.executorId })
      .from(restores)
      .where(eq(restores.id, id));
    const owner = await ownRestore(ctx, id, executorId, sql`true`, 'lapsed');
    if (!owner) continue;
    taken += 1;
    if (before?.executorId && before.executorId !== executorId) {
      await endLeftPrograms([before.executorId]);
      await removeLeftPasswordFiles(before.executorId).catch(() => undefined);
    }
    await settleOwned(ctx, new RestoreRecord(ctx, owner)).catch((cause: unknown) =>
      faults.push(cause),
    );
  }
  if (faults.length > 0) throw new AggregateError(faults, 'lapsed restores could not be settled');
  return taken;
}

/** A person asked to look again at an unknown outcome; the lease need not lapse for that. */
export async function reconcileRestoreNow(
  ctx: Ctx,
  restoreId: number,
  deps: { executorId: string },
): Promise<void> {
  const owner = await ownRestore(ctx, restoreId, deps.executorId, inStatus('unknown'), 'any');
  if (owner) await settleOwned(ctx, new RestoreRecord(ctx, owner));
}

async function settleOwned(ctx: Ctx, record: RestoreRecord): Promise<void> {
  const facts = await loadRestore(ctx, record.owner.restoreId);
  record.start();
  try {
    switch (facts.row.status) {
      case 'swapping':
      case 'swapping_back':
      case 'unknown':
        return await settleOrSayUnknown(ctx, record, facts, UNSEEN);
      case 'restoring':
        return await failRestore(
          ctx,
          record,
          'The executor ended while it restored. Start it again.',
        );
      default:
        return await queueAgain(record, facts.row.status);
    }
  } catch (cause) {
    if (!(cause instanceof RestoreLostError)) throw cause;
  } finally {
    record.close();
  }
}

/** A drop that was under way: asked for already, and safe to begin again. */
async function queueAgain(record: RestoreRecord, status: string): Promise<void> {
  await record.change([], async (tx) => {
    await record.patchIn(tx, { executorId: null, heartbeatAt: null });
    const job = status === 'swapped' || status === 'swapped_back' ? 'drop_former' : 'drop_restored';
    await enqueueJob(tx, job, { restoreId: record.owner.restoreId });
  });
}
