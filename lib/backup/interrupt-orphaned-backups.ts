import { and, eq, inArray, type SQL } from 'drizzle-orm';
import { backupLabel, type Ctx, inTransaction, tables } from '@/lib/control';
import { removeLeftPasswordFiles } from '@/lib/embedded/connection-environment';
import { endLeftPrograms } from '@/lib/embedded/left-programs';
import { finishBackup } from './backup-record';
import { endBackupSessions } from './backup-sessions';
import { setAside } from './set-aside';

const { backups } = tables;

/**
 * Ends the backups whose executors are dead: what they left running is ended, what they wrote is set
 * aside, and the row says 'interrupted'. Safe to call by several executors at once; each backup is ended once.
 * @param deadExecutorIds executors without a heartbeat; never one that may still be writing
 * @returns the ids of the backups that were ended here
 */
export async function interruptOrphanedBackups(
  ctx: Ctx,
  deadExecutorIds: readonly string[],
): Promise<number[]> {
  if (deadExecutorIds.length === 0) return [];
  const orphaned = and(
    eq(backups.state, 'running'),
    inArray(backups.executorId, [...deadExecutorIds]),
  );
  const owners = await ctx.db
    .selectDistinct({ executorId: backups.executorId })
    .from(backups)
    .where(orphaned);
  // First of all: nothing shall go on writing into what is set aside.
  await endLeftPrograms(owners.flatMap(({ executorId }) => executorId ?? []));
  const ended: number[] = [];
  for (;;) {
    const one = await inTransaction(ctx, (tx) => endOne(tx, orphaned));
    if (one === undefined) return ended;
    // Beside the record: a target that does not answer must not keep it open.
    await endBackupSessions(ctx, one);
    ended.push(one.id);
  }
}

async function endOne(
  tx: Ctx,
  orphaned: SQL | undefined,
): Promise<{ id: number; target: string } | undefined> {
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
    .where(orphaned)
    .orderBy(backups.id)
    .limit(1)
    .for('update', { skipLocked: true });
  if (!orphan || orphan.executorId === null) return undefined;
  const label = backupLabel(orphan.id);
  const kept = await setAside(tx.config.backups, orphan.location);
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
  return done ? orphan : undefined;
}
