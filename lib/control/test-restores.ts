import { and, desc, eq, isNull, type SQL } from 'drizzle-orm';
import type { TestRestore } from '@/lib/core/backup';
import { rollbackLabel } from '@/lib/core/rollback';
import type { Ctx } from './context';
import { appendEvent } from './events';
import { enqueueJob } from './jobs';
import { rollbacks } from './schema';
import { testRestores } from './test-restore-schema';

/**
 * The newest test restore of a backup. For a rollback the one that rehearsed its chain comes first, then
 * restores alone, unless one of those has seen since that the backup is not what it says; those for other
 * rollbacks say nothing about this one.
 */
export async function latestTestRestore(
  ctx: Pick<Ctx, 'db'>,
  backupId: number,
  { rollbackId }: { rollbackId?: number } = {},
): Promise<TestRestore | null> {
  if (rollbackId === undefined) return newest(ctx, eq(testRestores.backupId, backupId));
  const ofBackup = eq(testRestores.backupId, backupId);
  const rehearsed = await newest(ctx, and(ofBackup, eq(testRestores.rollbackId, rollbackId)));
  const alone = await newest(ctx, and(ofBackup, isNull(testRestores.rollbackId)));
  if (!rehearsed || !alone) return rehearsed ?? alone;
  return alone.id > rehearsed.id && alone.check?.ok === false ? alone : rehearsed;
}

async function newest(ctx: Pick<Ctx, 'db'>, which: SQL | undefined): Promise<TestRestore | null> {
  const [row] = await ctx.db
    .select()
    .from(testRestores)
    .where(which)
    .orderBy(desc(testRestores.id))
    .limit(1);
  return row ? testRestoreEvidence(row) : null;
}

/**
 * Has a backup restored on the scratch server, in the caller's transaction; with a rollback its pinned
 * plan is rehearsed on the copy.
 * @returns undefined when one is waiting or going on already
 */
export async function queueTestRestore(
  tx: Pick<Ctx, 'db'>,
  asked: { backupId: number; rollbackId: number | null; requestedBy?: string },
): Promise<number | undefined> {
  const { backupId, rollbackId, requestedBy } = asked;
  const digest = rollbackId === null ? null : await digestOf(tx, rollbackId);
  const [row] = await tx.db
    .insert(testRestores)
    .values({ backupId, rollbackId, digest, requestedBy: requestedBy ?? null })
    .onConflictDoNothing()
    .returning({ id: testRestores.id });
  if (!row) return undefined;
  if (rollbackId !== null)
    await appendEvent(tx, rollbackId, 'test_restore.queued', { testRestoreId: row.id, backupId });
  await enqueueJob(tx, 'test_restore', { testRestoreId: row.id });
  return row.id;
}

async function digestOf(tx: Pick<Ctx, 'db'>, rollbackId: number): Promise<string> {
  const [row] = await tx.db
    .select({ digest: rollbacks.planDigest })
    .from(rollbacks)
    .where(eq(rollbacks.id, rollbackId));
  if (!row) throw new Error(`there is no rollback ${rollbackId}`);
  return row.digest;
}

/** A row as pages and gates know it. */
export function testRestoreEvidence(row: typeof testRestores.$inferSelect): TestRestore {
  return {
    id: row.id,
    backupId: row.backupId,
    rollback: row.rollbackId === null ? null : rollbackLabel(row.rollbackId),
    state: row.state,
    queuedAt: new Date(row.queuedAt).toISOString(),
    startedAt: row.startedAt === null ? null : new Date(row.startedAt).toISOString(),
    finishedAt: row.finishedAt === null ? null : new Date(row.finishedAt).toISOString(),
    progress: row.progress,
    check: row.check,
    rehearsal: row.rehearsal,
    error: row.error,
  };
}
