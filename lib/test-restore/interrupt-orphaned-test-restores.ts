import { and, eq, inArray } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { removeLeftPasswordFiles } from '@/lib/embedded/connection-environment';
import { endLeftPrograms } from '@/lib/embedded/left-programs';
import { finishTestRestore } from './test-restore-record';

/**
 * Ends the test restores whose executors are dead, with what they left running. Their copies are `dropOrphanedScratch`'s.
 * @param deadExecutorIds executors without a heartbeat
 * @returns the ids of those that were ended here
 */
export async function interruptOrphanedTestRestores(
  ctx: Ctx,
  deadExecutorIds: readonly string[],
): Promise<number[]> {
  if (deadExecutorIds.length === 0) return [];
  const { testRestores } = tables;
  const orphans = await ctx.db
    .select({ id: testRestores.id, executorId: testRestores.executorId })
    .from(testRestores)
    .where(
      and(
        eq(testRestores.state, 'running'),
        inArray(testRestores.executorId, [...deadExecutorIds]),
      ),
    )
    .orderBy(testRestores.id);
  await endLeftPrograms(orphans.flatMap(({ executorId }) => executorId ?? []));
  const ended: number[] = [];
  for (const { id, executorId } of orphans) {
    if (executorId === null) continue;
    const done = await finishTestRestore(
      ctx,
      { id, executorId },
      {
        state: 'interrupted',
        check: null,
        rehearsal: null,
        message: 'The executor ended during this test restore. Test the backup again.',
      },
    );
    if (done) ended.push(id);
    await removeLeftPasswordFiles(executorId);
  }
  return ended;
}
