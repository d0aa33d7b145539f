import { and, eq, inArray } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { removeLeftPasswordFiles } from '@/lib/embedded/connection-environment';
import { endLeftPrograms } from '@/lib/embedded/left-programs';
import { finishRehearsal } from './rehearsal-record';

/**
 * Ends the rehearsals whose executors are dead. Their scratch databases are `dropOrphanedScratch`'s.
 * @param deadExecutorIds executors without a heartbeat
 * @returns the ids of the rehearsals that were ended here
 */
export async function interruptOrphanedRehearsals(
  ctx: Ctx,
  deadExecutorIds: readonly string[],
): Promise<number[]> {
  if (deadExecutorIds.length === 0) return [];
  const { rehearsals, rollbacks } = tables;
  const orphans = await ctx.db
    .select({
      id: rehearsals.id,
      rollbackId: rehearsals.rollbackId,
      digest: rehearsals.digest,
      executorId: rehearsals.executorId,
      target: rollbacks.target,
    })
    .from(rehearsals)
    .innerJoin(rollbacks, eq(rollbacks.id, rehearsals.rollbackId))
    .where(
      and(eq(rehearsals.state, 'running'), inArray(rehearsals.executorId, [...deadExecutorIds])),
    )
    .orderBy(rehearsals.id);
  // A copy of a live schema is made by client programs.
  await endLeftPrograms(orphans.flatMap(({ executorId }) => executorId ?? []));
  const ended: number[] = [];
  for (const { executorId, ...orphan } of orphans) {
    if (executorId === null) continue;
    const done = await finishRehearsal(
      ctx,
      { ...orphan, executorId },
      {
        state: 'interrupted',
        result: null,
        message: 'The executor ended during this rehearsal. Rehearse again.',
      },
    );
    if (done) ended.push(orphan.id);
    // Those are given the password in a file.
    await removeLeftPasswordFiles(executorId);
  }
  return ended;
}
