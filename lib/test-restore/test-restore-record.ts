import { and, asc, desc, eq, ne, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import {
  ADVISORY_LOCKS,
  appendEvent,
  backupLabel,
  type Ctx,
  enqueueJob,
  inTransaction,
  tables,
} from '@/lib/control';
import type { BackupRehearsal, RestoredCheck } from '@/lib/core/backup';
import type { RehearsalResult } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import { rollbackLabel } from '@/lib/core/rollback';

const { backups, rehearsals, rollbacks, testRestores } = tables;

/** A test restore that this executor has taken on. Every further write names the executor again. */
export interface ClaimedTestRestore {
  id: number;
  executorId: string;
  target: string;
  backup: typeof backups.$inferSelect & { label: string };
  /** Whose chain is rehearsed on the copy. */
  rollback: {
    id: number;
    label: string;
    digest: string;
    plan: Plan;
    /** False when the plan was pinned again while the test waited. */
    planIsCurrent: boolean;
    /** What the plan's own rehearsal saw; null while there is none that passed. */
    rehearsed: RehearsalResult | null;
  } | null;
}

export interface TestRestoreEnding {
  /** `passed`: restored and as the manifest says; a chain that failed on the copy is told besides. */
  state: 'passed' | 'failed' | 'interrupted';
  check: RestoredCheck | null;
  rehearsal: BackupRehearsal | null;
  message: string;
}

const clockTimestamp = sql<string>`clock_timestamp()`;

/** Which row, of which executor. */
type Own = Pick<ClaimedTestRestore, 'id' | 'executorId'>;

const stillOurs = ({ id, executorId }: Own) =>
  and(
    eq(testRestores.id, id),
    eq(testRestores.state, 'running'),
    eq(testRestores.executorId, executorId),
  );

/**
 * Takes a queued test restore on, unless another one is going on: then it stays in the queue and says
 * what it waits for.
 * @returns undefined when somebody else has it, or it does not exist
 */
export function claimTestRestore(
  ctx: Ctx,
  testRestoreId: number,
  executorId: string,
): Promise<ClaimedTestRestore | { waitsFor: string } | undefined> {
  return inTransaction(ctx, async (tx) => {
    await tx.db.execute(sql`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.testRestoreTurn})`);
    const [other] = await tx.db
      .select({ backupId: testRestores.backupId })
      .from(testRestores)
      .where(and(eq(testRestores.state, 'running'), ne(testRestores.id, testRestoreId)))
      .limit(1);
    if (other) return { waitsFor: `the test restore of ${backupLabel(other.backupId)}` };
    const [row] = await tx.db
      .update(testRestores)
      .set({ state: 'running', executorId, startedAt: clockTimestamp, progress: null })
      .where(and(eq(testRestores.id, testRestoreId), eq(testRestores.state, 'queued')))
      .returning();
    if (!row) return undefined;
    const [backup] = await tx.db.select().from(backups).where(eq(backups.id, row.backupId));
    if (!backup) throw new Error(`test restore ${row.id} has no backup`);
    return {
      id: row.id,
      executorId,
      target: backup.target,
      backup: { ...backup, label: backupLabel(backup.id) },
      rollback: await rollbackOf(tx, row),
    };
  });
}

async function rollbackOf(
  tx: Ctx,
  { rollbackId, digest }: Pick<typeof testRestores.$inferSelect, 'rollbackId' | 'digest'>,
): Promise<ClaimedTestRestore['rollback']> {
  if (rollbackId === null || digest === null) return null;
  const [row] = await tx.db
    .select({ plan: rollbacks.plan, digest: rollbacks.planDigest })
    .from(rollbacks)
    .where(eq(rollbacks.id, rollbackId));
  if (!row) throw new Error(`there is no rollback ${rollbackId}`);
  const [rehearsal] = await tx.db
    .select({ result: rehearsals.result })
    .from(rehearsals)
    .where(
      and(
        eq(rehearsals.rollbackId, rollbackId),
        eq(rehearsals.digest, digest),
        eq(rehearsals.state, 'passed'),
      ),
    )
    .orderBy(desc(rehearsals.id))
    .limit(1);
  return {
    id: rollbackId,
    label: rollbackLabel(rollbackId),
    digest,
    plan: row.plan,
    planIsCurrent: row.digest === digest,
    rehearsed: rehearsal?.result ?? null,
  };
}

/** Says what a queued one waits for. */
export async function recordWaiting(ctx: Ctx, id: number, waitsFor: string): Promise<void> {
  const progress = { phase: `Waiting for ${waitsFor}`, done: 0, total: 0 };
  await inTransaction(ctx, async (tx) => {
    const [row] = await tx.db
      .update(testRestores)
      .set({ progress })
      .where(
        and(
          eq(testRestores.id, id),
          eq(testRestores.state, 'queued'),
          sql`${testRestores.progress} IS DISTINCT FROM ${JSON.stringify(progress)}::jsonb`,
        ),
      )
      .returning({ rollbackId: testRestores.rollbackId });
    if (!row || row.rollbackId === null) return;
    await appendEvent(tx, row.rollbackId, 'test_restore.progress', {
      testRestoreId: id,
      ...progress,
    });
  });
}

/** @returns false when the test restore is no longer this executor's */
export function recordProgress(
  ctx: Ctx,
  own: Own,
  progress: { phase: string; done: number; total: number },
): Promise<boolean> {
  return inTransaction(ctx, async (tx) => {
    const [row] = await tx.db
      .update(testRestores)
      .set({ progress })
      .where(stillOurs(own))
      .returning({ rollbackId: testRestores.rollbackId });
    if (!row) return false;
    if (row.rollbackId !== null)
      await appendEvent(tx, row.rollbackId, 'test_restore.progress', {
        testRestoreId: own.id,
        ...progress,
      });
    return true;
  });
}

/**
 * Writes the end of a test restore with its event and its audit row, or nothing at all, and calls the
 * next one that waits.
 * @returns false when the test restore is no longer this executor's
 */
export function finishTestRestore(ctx: Ctx, own: Own, ending: TestRestoreEnding): Promise<boolean> {
  return inTransaction(ctx, async (tx) => {
    const { state, check, rehearsal, message } = ending;
    const [row] = await tx.db
      .update(testRestores)
      .set({
        state,
        check,
        rehearsal,
        error: state === 'passed' ? null : message,
        progress: null,
        finishedAt: clockTimestamp,
      })
      .where(stillOurs(own))
      .returning({ backupId: testRestores.backupId, rollbackId: testRestores.rollbackId });
    if (!row) return false;
    const { backupId, rollbackId } = row;
    const ok = state === 'passed' && (rehearsal?.ok ?? true);
    if (rollbackId !== null)
      await appendEvent(tx, rollbackId, 'test_restore.finished', {
        testRestoreId: own.id,
        backupId,
        ok,
        message,
      });
    await appendAudit(tx, {
      action: 'test_restore.finish',
      subject: rollbackId === null ? backupLabel(backupId) : rollbackLabel(rollbackId),
      target: await targetOf(tx, backupId),
      outcome: ok ? 'done' : 'failed',
      payload: {
        testRestore: own.id,
        backup: backupLabel(backupId),
        state,
        message,
        verified: check?.ok ?? null,
        restoreMs: check?.restoreMs ?? null,
        verifyMs: check?.verifyMs ?? null,
        bytes: check?.bytes ?? null,
        rehearsed: rehearsal?.ok ?? null,
        digest: rehearsal?.digest ?? null,
      },
    });
    await callNext(tx);
    return true;
  });
}

async function targetOf(tx: Ctx, backupId: number): Promise<string> {
  const [row] = await tx.db
    .select({ target: backups.target })
    .from(backups)
    .where(eq(backups.id, backupId));
  if (!row) throw new Error(`there is no backup ${backupId}`);
  return row.target;
}

async function callNext(tx: Ctx): Promise<void> {
  const [next] = await tx.db
    .select({ id: testRestores.id })
    .from(testRestores)
    .where(eq(testRestores.state, 'queued'))
    .orderBy(asc(testRestores.id))
    .limit(1);
  if (next) await enqueueJob(tx, 'test_restore', { testRestoreId: next.id });
}
