import { and, eq, inArray } from 'drizzle-orm';
import { findTarget } from '@/lib/config';
import { type Ctx, databaseNow, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { OtherWays } from '@/lib/core/decision';
import type { Amount } from '@/lib/core/evidence';
import { rollbackLabel } from '@/lib/core/rollback';
import { changesSince } from '@/lib/impact';
import { type LiveDatabase, readLiveDatabase } from './live-database';
import { type NewestBackup, newestBackup } from './newest-backup';

/**
 * What a restore of the newest backup would cost, and who uses the database now: what stands beside a
 * rollback when somebody has to decide. A target that can't be read is said, not thrown.
 * @throws BackstepError `forbidden`, `not_found`
 */
export async function readOtherWays(
  ctx: Ctx,
  input: { target: string; head: string | null },
): Promise<OtherWays> {
  requirePermission(ctx.actor, 'target.read');
  const target = findTarget(ctx.config, input.target);
  const [backup, live, now, busy] = await Promise.all([
    newestBackup(ctx, target.name),
    readLiveDatabase(target).catch((cause: unknown) => cause as Error),
    databaseNow(ctx),
    runGoingOn(ctx, target.name),
  ]);
  const reached = live instanceof Error ? null : live;
  return {
    restore: {
      backup: backup && {
        label: backup.label,
        snapshotAt: backup.snapshotAt,
        level: backup.level,
        head: backup.head,
      },
      ageMs: backup ? now.getTime() - Date.parse(backup.snapshotAt) : null,
      time: backup?.time ?? null,
      changesLost: reached && backup ? lostSince(backup, reached) : null,
      inTheWay: [...busy, ...againstRestore(backup, reached)],
    },
    rollForward: { head: input.head, inTheWay: busy },
    sessions: reached?.sessions ?? null,
    sessionsError: live instanceof Error ? live.message : null,
  };
}

async function runGoingOn(ctx: Pick<Ctx, 'db'>, target: string): Promise<string[]> {
  const { rollbacks } = tables;
  const rows = await ctx.db
    .select({ id: rollbacks.id, status: rollbacks.status })
    .from(rollbacks)
    .where(and(eq(rollbacks.target, target), inArray(rollbacks.status, ['running', 'unknown'])));
  return rows.map(({ id, status }) =>
    status === 'running'
      ? `${rollbackLabel(id)} is running on this target.`
      : `The outcome of ${rollbackLabel(id)} on this target is unknown.`,
  );
}

function lostSince({ manifest }: NewestBackup, live: LiveDatabase): Amount {
  return changesSince(manifest?.activity, live.changes).total;
}

function againstRestore(backup: NewestBackup | null, live: LiveDatabase | null): string[] {
  if (!backup) return ['No backup of this target has been confirmed.'];
  const reasons: string[] = [];
  if (backup.method !== 'pg_dump')
    reasons.push(`${backup.label} was not taken by Backstep, so whoever made it restores it.`);
  else if (backup.time === null)
    reasons.push(`${backup.label} has never been restored, so nobody knows whether it can be.`);
  if (live && !live.mayRename)
    reasons.push(
      live.mayCreate
        ? 'The role of the target does not own the database, so it may not rename it.'
        : 'The role of the target may not create databases.',
    );
  return reasons;
}
