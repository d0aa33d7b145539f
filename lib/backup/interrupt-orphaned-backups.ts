import { and, eq, inArray } from 'drizzle-orm';
import { backupLabel, type Ctx, inTransaction, tables } from '@/lib/control';
import { removeLeftPasswordFiles } from '@/lib/embedded/connection-environment';
import { quarantine } from './backup-folder';
import { finishBackup } from './backup-record';

/**
 * Ends the backups whose executors are dead: what they wrote is set aside, and the row says
 * 'interrupted'. Safe to call by several executors at once; each backup is ended once.
 * @param deadExecutorIds executors without a heartbeat; never one that may still be writing
 * @returns the ids of the backups that were ended here
 */
export async function interruptOrphanedBackups(
  ctx: Ctx,
  deadExecutorIds: readonly string[],
): Promise<number[]> {
  if (deadExecutorIds.length === 0) return [];
  const ended: number[] = [];
  for (;;) {
    const id = await inTransaction(ctx, (tx) => endOne(tx, deadExecutorIds));
    if (id === undefined) return ended;
    ended.push(id);
  }
}

async function endOne(tx: Ctx, deadExecutorIds: readonly string[]): Promise<number | undefined> {
  const { backups } = tables;
  const [orphan] = await tx.db
    .select({
      id: backups.id,
      rollbackId: backups.rollbackId,
      target: backups.target,
      executorId: backups.executorId,
      location: backups.location,
      checks: backups.checks,
    })
    .from(backups)
    .where(and(eq(backups.state, 'running'), inArray(backups.executorId, [...deadExecutorIds])))
    .orderBy(backups.id)
    .limit(1)
    .for('update', { skipLocked: true });
  if (!orphan || orphan.executorId === null) return undefined;
  const label = backupLabel(orphan.id);
  const kept = await quarantine(orphan.location);
  await removeLeftPasswordFiles(orphan.executorId);
  const done = await finishBackup(
    tx,
    { ...orphan, label, executorId: orphan.executorId },
    {
      state: 'interrupted',
      location: kept,
      checks: orphan.checks,
      message: 'The executor ended while it took this backup. Take another.',
    },
  );
  return done ? orphan.id : undefined;
}
