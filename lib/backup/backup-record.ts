import { and, eq, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type BackupManifest,
  backupLabel,
  type Ctx,
  inTransaction,
  type StoredFile,
  tables,
} from '@/lib/control';
import type { BackupMethod } from '@/lib/core/backup';
import type { EventKind, EventPayloads } from '@/lib/core/events';
import type { BackupCheck, BackupProgress } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import { rollbackLabel } from '@/lib/core/rollback';

const { backups, rollbacks, users } = tables;

/** A backup that this executor has taken on. Every further write names the executor again. */
export interface ClaimedBackup {
  id: number;
  label: string;
  /** Null: it was asked for by somebody without a rollback. */
  rollbackId: number | null;
  target: string;
  method: BackupMethod;
  executorId: string;
  /** Of the rollback that asked: which database it has to be, and what its rows are called. */
  plan: Plan | null;
}

export type BackupEnding =
  | {
      state: 'passed';
      level: 'vouched' | 'read';
      snapshotAt: Date;
      location: string;
      sizeBytes: number | null;
      databaseBytes: number;
      /** Of what Backstep dumped itself, else null. */
      dump: {
        manifest: BackupManifest;
        manifestSha256: string;
        stored: StoredFile[] | null;
      } | null;
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
    .returning({
      id: backups.id,
      rollbackId: backups.rollbackId,
      target: backups.target,
      method: backups.method,
    });
  if (!row) return undefined;
  const plan = row.rollbackId === null ? null : await planOf(ctx, row.rollbackId);
  return { ...row, label: backupLabel(row.id), executorId, plan };
}

async function planOf(ctx: Ctx, rollbackId: number): Promise<Plan> {
  const [rollback] = await ctx.db
    .select({ plan: rollbacks.plan })
    .from(rollbacks)
    .where(eq(rollbacks.id, rollbackId));
  if (!rollback) throw new Error(`there is no rollback ${rollbackId}`);
  return rollback.plan;
}

/** Tells the room of the rollback, where there is one. */
export async function tellRoom<K extends EventKind>(
  tx: Ctx,
  rollbackId: number | null,
  kind: K,
  payload: EventPayloads[K],
): Promise<void> {
  if (rollbackId !== null) await appendEvent(tx, rollbackId, kind, payload);
}

/** What an audit row about a backup is about: its rollback, else the backup. */
export const auditSubject = ({ id, rollbackId }: { id: number; rollbackId: number | null }) =>
  rollbackId === null ? backupLabel(id) : rollbackLabel(rollbackId);

/** Who has asked for the end of a backup that this executor takes; null while nobody has. */
export async function cancelRequest(
  ctx: Ctx,
  claim: Pick<ClaimedBackup, 'id' | 'executorId'>,
): Promise<string | null> {
  const [row] = await ctx.db
    .select({ by: users.name })
    .from(backups)
    .innerJoin(users, eq(users.id, backups.cancelRequestedBy))
    .where(stillOurs(claim));
  return row?.by ?? null;
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
    await tellRoom(tx, claim.rollbackId, 'backup.progress', {
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
 * @param also further writes of the same transaction
 * @returns false when the backup is no longer this executor's
 */
export function finishBackup(
  ctx: Ctx,
  claim: Omit<ClaimedBackup, 'plan' | 'method'>,
  ending: BackupEnding,
  also: (tx: Ctx) => Promise<unknown> = async () => undefined,
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
    await tellRoom(tx, claim.rollbackId, 'backup.finished', {
      backupId: claim.id,
      ok: passed,
      message,
    });
    await appendAudit(tx, {
      action: 'backup.finish',
      subject: auditSubject(claim),
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
              level: ending.level,
              ...(ending.dump && {
                manifestSha256: ending.dump.manifestSha256,
                tool: ending.dump.manifest.tool,
              }),
            }
          : { error: message }),
      },
    });
    await also(tx);
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
  const { level, sizeBytes, databaseBytes, dump } = ending;
  const snapshotAt = ending.snapshotAt.toISOString();
  return { state, location, checks, level, snapshotAt, sizeBytes, databaseBytes, ...dump };
}
