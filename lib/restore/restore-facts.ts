import { and, desc, eq, gt, inArray, ne, sql } from 'drizzle-orm';
import { backupLabel, type Ctx, databaseNow, tables } from '@/lib/control';
import type { Actor } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { ApprovalEvidence } from '@/lib/core/evidence';
import type { TargetConfig } from '@/lib/core/policy';
import { restoreLabel, restoreSchemaEndings } from '@/lib/core/restore';
import { type RestoreAction, type RestoreGateInput, restoreGates } from '@/lib/core/restore-gates';
import { rollbackLabel } from '@/lib/core/rollback';
import { safetyBackupOf } from './in-place/safety-backup';

const { backups, fences, restoreApprovals, restores, rollbacks, users } = tables;

export type RestoreRow = typeof restores.$inferSelect;
export type BackupRow = typeof backups.$inferSelect;
export type RestoreFence = typeof fences.$inferSelect;

/** Everything that is known of one restore: what the gates are asked with, and what a page shows. */
export interface RestoreFacts {
  row: RestoreRow;
  backup: BackupRow;
  requester: { id: string; name: string };
  target: TargetConfig;
  fence: RestoreFence | null;
  input: RestoreGateInput;
}

/**
 * Reads a restore with all its evidence.
 * @param options.lock take the restore's row lock: use it in a transaction that changes something
 * @throws BackstepError `not_found`, `config_invalid` when the target left the configuration
 */
export async function loadRestore(
  ctx: Pick<Ctx, 'db' | 'config'>,
  restoreId: number,
  options: { lock?: boolean } = {},
): Promise<RestoreFacts> {
  const query = ctx.db.select().from(restores).where(eq(restores.id, restoreId));
  const [row] = await (options.lock ? query.for('update') : query);
  if (!row) throw new BackstepError('not_found', `${restoreLabel(restoreId)} does not exist.`);
  const target = requireTarget(ctx, row.target, restoreLabel(restoreId));
  const [backup] = await ctx.db.select().from(backups).where(eq(backups.id, row.backupId));
  if (!backup) throw new Error(`restore ${restoreId} has no backup`);
  const [requester] = await ctx.db
    .select({ id: users.id, name: users.name })
    .from(users)
    .where(eq(users.id, row.requestedBy));
  const [fence] = await ctx.db.select().from(fences).where(eq(fences.restoreId, restoreId));
  const kept = keptName(row);
  const now = (await databaseNow(ctx)).getTime();
  const input: RestoreGateInput = {
    now,
    status: row.status,
    way: row.way,
    safety: row.way === 'in_place' ? await safetyBackupOf(ctx, row, target.policy, now) : null,
    policy: target.policy,
    digest: row.digest,
    requesterId: row.requestedBy,
    backup: backupLabel(backup.id),
    backupProblem: backupProblem(backup),
    approvals: await approvalsOf(ctx, restoreId),
    message: row.message,
    progress: row.progress,
    cancelRequested: row.cancelRequestedBy !== null,
    verified: row.evidence?.check ?? null,
    busy: await busyWith(ctx, row.target, restoreId),
    supersededBy: await supersededBy(ctx, row),
    kept:
      kept && row.keepUntil
        ? {
            database: kept,
            until: new Date(row.keepUntil).toISOString(),
            dropRequestedAt: row.formerDropRequestedAt,
            dropError: row.formerDropError,
            droppedAt: row.formerDroppedAt,
          }
        : null,
    fence: fence ?? null,
  };
  return {
    row,
    backup,
    requester: requester ?? { id: row.requestedBy, name: 'Unknown' },
    target,
    fence: fence ?? null,
    input,
  };
}

/** What is kept after a swap, as people call it; in place it is the ending of all its schemas. */
function keptName(row: RestoreRow): string | null {
  const back = row.status === 'swapped_back';
  if (row.way === 'beside') return back ? row.newDatabase : row.formerDatabase;
  const endings = restoreSchemaEndings(row);
  return back ? endings.restored : endings.former;
}

/** @throws BackstepError `config_invalid` */
export function requireTarget(
  ctx: Pick<Ctx, 'config'>,
  name: string,
  subject: string,
): TargetConfig {
  const target = ctx.config.targets.find((candidate) => candidate.name === name);
  if (target) return target;
  throw new BackstepError(
    'config_invalid',
    `The target '${name}' of ${subject} is no longer in ${ctx.config.path}. Put it back to go on.`,
  );
}

/**
 * Asks the same gates as the page did.
 * @throws BackstepError `forbidden` when only the role is in the way, else `gate_closed`
 */
export function requireRestoreAction(
  facts: RestoreFacts,
  action: RestoreAction,
  actor: Actor,
): void {
  const verdict = restoreGates(facts.input, actor).actions[action];
  if (verdict.allowed) return;
  throw new BackstepError(
    verdict.roleOnly ? 'forbidden' : 'gate_closed',
    verdict.reason ?? 'This can’t be done now.',
    { details: { action, status: facts.row.status, restore: restoreLabel(facts.row.id) } },
  );
}

/** Why a backup can't be restored by Backstep, as a sentence; null when nothing is known against it. */
export function backupProblem(
  backup: Pick<BackupRow, 'id' | 'state' | 'method' | 'manifest' | 'location' | 'prunedAt'>,
): string | null {
  const label = backupLabel(backup.id);
  if (backup.state === 'queued' || backup.state === 'running')
    return `${label} is still being taken.`;
  if (backup.state !== 'passed') return `${label} is not a confirmed backup.`;
  if (backup.prunedAt !== null) return `${label} has been pruned: its bytes are gone.`;
  if (backup.method !== 'pg_dump' || backup.manifest === null || backup.location === null)
    return `${label} was made elsewhere: restore it with the tool that made it.`;
  if (backup.manifest.rows === undefined)
    return `The manifest of ${label} is older and has no row counts, so that what is restored can’t be compared with it. Restore it by hand with pg_restore, or choose another backup.`;
  return null;
}

/** What goes on at a target and must not be torn apart by a swap, as a sentence. */
export async function busyWith(
  ctx: Pick<Ctx, 'db'>,
  target: string,
  exceptRestore: number | null,
): Promise<string | null> {
  const [rollback] = await ctx.db
    .select({ id: rollbacks.id, status: rollbacks.status })
    .from(rollbacks)
    .where(and(eq(rollbacks.target, target), inArray(rollbacks.status, ['running', 'unknown'])))
    .limit(1);
  if (rollback?.status === 'unknown')
    return `What became of the run of ${rollbackLabel(rollback.id)} is not known. Settle that first.`;
  if (rollback) return `${rollbackLabel(rollback.id)} is running on this target.`;
  const [other] = await ctx.db
    .select({ id: restores.id })
    .from(restores)
    .where(
      and(
        eq(restores.target, target),
        inArray(restores.status, ['swapping', 'swapping_back', 'unknown']),
        ne(restores.id, exceptRestore ?? 0),
      ),
    )
    .limit(1);
  if (other) return `${restoreLabel(other.id)} is swapping the databases of this target.`;
  const [backup] = await ctx.db
    .select({ id: backups.id })
    .from(backups)
    .where(and(eq(backups.target, target), inArray(backups.state, ['queued', 'running'])))
    .limit(1);
  if (backup) return `${backupLabel(backup.id)} is being taken of this target. Wait or cancel it.`;
  return null;
}

async function supersededBy(ctx: Pick<Ctx, 'db'>, row: RestoreRow): Promise<string | null> {
  if (row.swappedAt === null) return null;
  const [later] = await ctx.db
    .select({ id: restores.id })
    .from(restores)
    .where(
      and(
        eq(restores.target, row.target),
        inArray(restores.status, ['swapped', 'swapping_back']),
        gt(restores.swappedAt, row.swappedAt),
        ne(restores.id, row.id),
      ),
    )
    .orderBy(desc(restores.swappedAt))
    .limit(1);
  return later ? restoreLabel(later.id) : null;
}

async function approvalsOf(ctx: Pick<Ctx, 'db'>, restoreId: number): Promise<ApprovalEvidence[]> {
  const rows = await ctx.db
    .select({ approval: restoreApprovals, name: users.name })
    .from(restoreApprovals)
    .innerJoin(users, eq(users.id, restoreApprovals.decidedBy))
    .where(eq(restoreApprovals.restoreId, restoreId))
    .orderBy(restoreApprovals.id);
  return rows.map(({ approval, name }) => ({
    id: approval.id,
    digest: approval.digest,
    decision: approval.decision,
    comment: approval.comment,
    by: { id: approval.decidedBy, name },
    at: new Date(approval.at).toISOString(),
    voidedAt: approval.voidedAt && new Date(approval.voidedAt).toISOString(),
  }));
}

/** Approvals of another state than the one that stands now count no more. */
export async function voidRestoreApprovals(
  tx: Pick<Ctx, 'db'>,
  restoreId: number,
  reason: string,
): Promise<void> {
  await tx.db
    .update(restoreApprovals)
    .set({ voidedAt: sql`clock_timestamp()`, voidReason: reason })
    .where(
      and(eq(restoreApprovals.restoreId, restoreId), sql`${restoreApprovals.voidedAt} IS NULL`),
    );
}
