import { and, eq, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type BackupManifest,
  backupLabel,
  type Ctx,
  inTransaction,
  tables,
} from '@/lib/control';
import type { BackupCheck } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import { rollbackLabel } from '@/lib/core/rollback';

const { backups, rollbacks } = tables;

/** A backup that this executor has taken on. Every further write names the executor again. */
export interface ClaimedBackup {
  id: number;
  label: string;
  rollbackId: number;
  target: string;
  executorId: string;
  /** Of the rollback that asked: which database it has to be, and what its rows are called. */
  plan: Plan;
}

export interface BackupProgress {
  phase: string;
  bytes: number;
  tablesDone: number;
  tablesTotal: number;
}

export type BackupEnding =
  | {
      state: 'passed';
      snapshotAt: Date;
      location: string;
      sizeBytes: number;
      databaseBytes: number;
      manifest: BackupManifest;
      manifestSha256: string;
      checks: BackupCheck[];
      message: string;
    }
  | {
      state: 'failed' | 'interrupted';
      /** Where the bytes of the attempt are kept, if there are any. */
      location: string | null;
      checks: BackupCheck[];
      message: string;
    };

const clockTimestamp = sql<string>`clock_timestamp()`;

/** Still ours: an executor that was declared dead meanwhile writes nothing any more. */
const stillOurs = (claim: Pick<ClaimedBackup, 'id' | 'executorId'>) =>
  and(
    eq(backups.id, claim.id),
    eq(backups.state, 'running'),
    eq(backups.executorId, claim.executorId),
  );

/** Takes a queued backup on; undefined when somebody else has, or it does not exist. */
export async function claimBackup(
  ctx: Ctx,
  backupId: number,
  executorId: string,
): Promise<ClaimedBackup | undefined> {
  const [row] = await ctx.db
    .update(backups)
    .set({ state: 'running', executorId, startedAt: clockTimestamp })
    .where(and(eq(backups.id, backupId), eq(backups.state, 'queued')))
    .returning({ id: backups.id, rollbackId: backups.rollbackId, target: backups.target });
  if (!row) return undefined;
  const [rollback] = await ctx.db
    .select({ plan: rollbacks.plan })
    .from(rollbacks)
    .where(eq(rollbacks.id, row.rollbackId));
  if (!rollback) throw new Error(`backup ${row.id} has no rollback`);
  return { ...row, label: backupLabel(row.id), executorId, plan: rollback.plan };
}

/** @returns false when the backup is no longer this executor's */
export function recordProgress(
  ctx: Ctx,
  claim: ClaimedBackup,
  progress: BackupProgress,
): Promise<boolean> {
  return inTransaction(ctx, async (tx) => {
    const updated = await tx.db
      .update(backups)
      .set({ progress })
      .where(stillOurs(claim))
      .returning({ id: backups.id });
    if (updated.length === 0) return false;
    await appendEvent(tx, claim.rollbackId, 'backup.progress', {
      backupId: claim.id,
      ...progress,
    });
    return true;
  });
}

/** Stores facts as soon as they are known, so that they are there although the executor dies. */
export async function recordFacts(
  ctx: Ctx,
  claim: ClaimedBackup,
  facts: { location?: string; databaseBytes?: number; checks?: BackupCheck[] },
): Promise<void> {
  await ctx.db.update(backups).set(facts).where(stillOurs(claim));
}

/**
 * Writes the end of a backup with its event and its audit row, or nothing at all.
 * @returns false when the backup is no longer this executor's
 */
export function finishBackup(
  ctx: Ctx,
  claim: Omit<ClaimedBackup, 'plan'>,
  ending: BackupEnding,
): Promise<boolean> {
  return inTransaction(ctx, async (tx) => {
    const { message } = ending;
    const passed = ending.state === 'passed';
    const updated = await tx.db
      .update(backups)
      .set({
        ...columnsOf(ending),
        error: passed ? null : message,
        progress: null,
        finishedAt: clockTimestamp,
      })
      .where(stillOurs(claim))
      .returning({ id: backups.id });
    if (updated.length === 0) return false;
    await appendEvent(tx, claim.rollbackId, 'backup.finished', {
      backupId: claim.id,
      ok: passed,
      message,
    });
    await appendAudit(tx, {
      action: 'backup.finish',
      subject: rollbackLabel(claim.rollbackId),
      target: claim.target,
      outcome: passed ? 'done' : 'failed',
      payload: {
        backup: claim.label,
        state: ending.state,
        location: ending.location,
        ...(ending.state === 'passed'
          ? {
              snapshotAt: ending.snapshotAt.toISOString(),
              sizeBytes: ending.sizeBytes,
              manifestSha256: ending.manifestSha256,
              tool: ending.manifest.tool,
            }
          : { error: message }),
      },
    });
    return true;
  });
}

/**
 * True when this very ending is already written: the answer to a COMMIT may be lost although the
 * control database has done it.
 */
export async function isFinishedAs(
  ctx: Ctx,
  claim: Pick<ClaimedBackup, 'id' | 'executorId'>,
  ending: BackupEnding,
): Promise<boolean> {
  const [row] = await ctx.db
    .select({ state: backups.state, executorId: backups.executorId, location: backups.location })
    .from(backups)
    .where(eq(backups.id, claim.id));
  return (
    row?.state === ending.state &&
    row.executorId === claim.executorId &&
    row.location === ending.location
  );
}

function columnsOf(ending: BackupEnding): Partial<typeof backups.$inferInsert> {
  const { state, location, checks } = ending;
  if (ending.state !== 'passed') return { state, location, checks };
  const { sizeBytes, databaseBytes, manifest, manifestSha256 } = ending;
  const snapshotAt = ending.snapshotAt.toISOString();
  return {
    state,
    location,
    checks,
    snapshotAt,
    sizeBytes,
    databaseBytes,
    manifest,
    manifestSha256,
  };
}
