import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { backupLabel, type Ctx, databaseNow, inTransaction, tables } from '@/lib/control';
import type { BackupsConfig } from '@/lib/core/policy';
import { auditSubject } from './backup-record';
import { holders, isOurs, keptCandidates } from './kept-backups';
import { applyRetention } from './retention';
import { removeKept } from './store/remove-kept';

const { backups } = tables;

export interface PruneDeps {
  /** Removes what is stored at a location; nothing there is fine. */
  remove(config: BackupsConfig, location: string): Promise<void>;
}

export interface Pruned {
  pruned: number[];
  /** What could not be removed; the next round tries again. */
  problems: { backupId: number; cause: unknown }[];
}

/**
 * Removes the backups that the retention of the configuration lets go, each with its own row in the
 * history. The row of the backup stays, with when and why. The bytes go first and are recorded in the
 * same transaction: a crash in between leaves a backup that no longer verifies, and the next round
 * records it.
 */
export async function pruneBackups(
  ctx: Ctx,
  deps: PruneDeps = { remove: removeKept },
): Promise<Pruned> {
  const result: Pruned = { pruned: [], problems: [] };
  const { retention } = ctx.config.backups;
  if (!retention) return result;
  const now = (await databaseNow(ctx)).getTime();
  const candidates = (await keptCandidates(ctx)).map(({ candidate }) => candidate);
  const verdicts = [...applyRetention(candidates, retention, now)].sort(([a], [b]) => a - b);
  for (const [id, verdict] of verdicts) {
    if (!verdict.prune) continue;
    try {
      if (await pruneOne(ctx, id, verdict.reason, deps)) result.pruned.push(id);
    } catch (cause) {
      result.problems.push({ backupId: id, cause });
    }
  }
  return result;
}

/** @returns false when it is in use by now, or somebody else has pruned it */
function pruneOne(ctx: Ctx, id: number, reason: string, deps: PruneDeps): Promise<boolean> {
  return inTransaction(ctx, async (tx) => {
    // Nobody can begin to restore it while the row is locked: what refers to it has to lock it as well.
    const [row] = await tx.db
      .select()
      .from(backups)
      .where(and(eq(backups.id, id), isNull(backups.prunedAt)))
      .for('update', { skipLocked: true });
    if (!row?.location || !isOurs(tx.config.backups, row)) return false;
    if ((await holders(tx, [id])).has(id)) return false;
    const [shared] = await tx.db
      .select({ id: backups.id })
      .from(backups)
      .where(and(eq(backups.location, row.location), ne(backups.id, id), isNull(backups.prunedAt)))
      .limit(1);
    if (!shared) await deps.remove(tx.config.backups, row.location);
    await tx.db
      .update(backups)
      .set({ prunedAt: sql`clock_timestamp()`, pruneReason: reason })
      .where(eq(backups.id, id));
    await appendAudit(tx, {
      action: 'backup.prune',
      subject: auditSubject(row),
      target: row.target,
      outcome: 'done',
      payload: {
        backup: backupLabel(id),
        location: row.location,
        sizeBytes: row.sizeBytes,
        state: row.state,
        reason,
      },
    });
    return true;
  });
}
