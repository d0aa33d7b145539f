import { asc, desc, eq, sql } from 'drizzle-orm';
import { backupLabel, type Ctx, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { Environment } from '@/lib/core/policy';
import { restoreLabel } from '@/lib/core/restore';
import { restoreGates } from '@/lib/core/restore-gates';
import type { RestoreLine, RestoreRoom } from '@/lib/core/restore-views';
import type { DeployRelease } from '@/lib/core/views';
import { findReleases } from '@/lib/releases';
import { addressOf } from '@/lib/target';
import { fenceRemovalScript } from '@/lib/undo';
import { findRestore, readRestoreEvents } from './change-status';
import { levelsOf } from './levels';
import { loadRestore, type RestoreFacts } from './restore-facts';

const { backups, restoreEvents, restores, restoreSteps, users } = tables;

/** Asking git about every tag of a large repository takes a second or two, once. */
const RELEASES_PATIENCE_MS = 800;
const LISTED = 200;

const iso = (value: string): string => new Date(value).toISOString();
const isoOrNull = (value: string | null): string | null => (value === null ? null : iso(value));

/** Everything that the room of a restore shows. @throws BackstepError `forbidden`, `not_found` */
export async function getRestore(ctx: Ctx, input: { restore: string }): Promise<RestoreRoom> {
  requirePermission(ctx.actor, 'target.read');
  const facts = await loadRestore(ctx, findRestore(input.restore));
  const { row, backup, target, fence, input: gate } = facts;
  const acts = await ctx.db
    .select()
    .from(restoreSteps)
    .where(eq(restoreSteps.restoreId, row.id))
    .orderBy(asc(restoreSteps.seq));
  const level = (await levelsOf(ctx, [backup])).get(backup.id) ?? 'vouched';
  return {
    id: row.id,
    label: restoreLabel(row.id),
    target: {
      name: target.name,
      environment: target.environment,
      address: addressOf(target.url),
    },
    policy: {
      approvals: target.policy.approvals,
      approval_max_age_hours: target.policy.approval_max_age_hours,
    },
    status: row.status,
    message: row.message,
    reason: row.reason,
    incident: row.incident,
    requestedBy: facts.requester,
    createdAt: iso(row.createdAt),
    now: new Date(gate.now).toISOString(),
    digest: row.digest,
    backup: {
      label: backupLabel(backup.id),
      snapshotAt: iso(backup.snapshotAt ?? backup.queuedAt),
      headTag: backup.manifest?.head ?? null,
      level,
      sizeBytes: backup.sizeBytes,
    },
    way: row.way,
    schemas: row.schemas,
    safety: gate.safety,
    databases: {
      present: row.presentDatabase,
      restored: row.newDatabase,
      former: row.formerDatabase,
    },
    evidence: row.evidence,
    approvals: gate.approvals,
    approvalRequestedAt: isoOrNull(row.approvalRequestedAt),
    progress: row.progress,
    heartbeatAt: isoOrNull(row.heartbeatAt),
    acts: acts.map((act) => ({
      seq: act.seq,
      what: act.what,
      name: act.name,
      state: act.state,
      at: iso(act.at),
      endedAt: isoOrNull(act.endedAt),
      detail: act.detail,
    })),
    events: await readRestoreEvents(ctx, row.id),
    swappedAt: isoOrNull(row.swappedAt),
    keepUntil: isoOrNull(row.keepUntil),
    droppedAt: isoOrNull(row.formerDroppedAt),
    fence: fence
      ? {
          kind: fence.kind,
          why: fence.why,
          releasedAt: isoOrNull(fence.releasedAt),
          refusals: fence.refusals,
          lastRefusedAt: isoOrNull(fence.lastRefusedAt),
          releaseError: fence.releaseError,
          removalSql: fenceRemovalScript(target.tracking),
        }
      : null,
    releases: await releasesInTime(facts),
    gates: restoreGates(gate, ctx.actor),
  };
}

/** Releases whose newest migration is the restored head; a search that takes long is there the next time. */
async function releasesInTime({ row, target }: RestoreFacts): Promise<DeployRelease[]> {
  const { evidence } = row;
  if (!evidence?.headTag) return [];
  const to = { tag: evidence.headTag, number: /^\d+/.exec(evidence.headTag)?.[0] ?? '' };
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<DeployRelease[]>((resolve) => {
    timer = setTimeout(() => resolve([]), RELEASES_PATIENCE_MS);
  });
  const found = await Promise.race([findReleases(target, to, evidence.tags), patience]);
  clearTimeout(timer);
  return found;
}

/** Restores of one target or of all, newest first. @throws BackstepError `forbidden` */
export async function listRestores(
  ctx: Ctx,
  input: { target?: string } = {},
): Promise<RestoreLine[]> {
  requirePermission(ctx.actor, 'target.read');
  const rows = await ctx.db
    .select({
      restore: restores,
      backupId: backups.id,
      requestedBy: users.name,
      lastEventAt: sql<string>`greatest(${restores.createdAt}, ${restores.heartbeatAt},
        (SELECT max(e.at) FROM ${restoreEvents} e WHERE e.restore_id = ${restores.id}))`,
    })
    .from(restores)
    .innerJoin(backups, eq(backups.id, restores.backupId))
    .innerJoin(users, eq(users.id, restores.requestedBy))
    .where(input.target === undefined ? undefined : eq(restores.target, input.target))
    .orderBy(desc(restores.id))
    .limit(LISTED);
  return rows.map(({ restore, backupId, requestedBy, lastEventAt }) => ({
    label: restoreLabel(restore.id),
    target: restore.target,
    environment: restore.environment as Environment,
    status: restore.status,
    way: restore.way,
    backup: backupLabel(backupId),
    requestedBy,
    incident: restore.incident,
    createdAt: iso(restore.createdAt),
    lastEventAt: iso(lastEventAt),
    check: restore.evidence
      ? { ok: restore.evidence.check.ok, message: restore.evidence.check.message }
      : null,
  }));
}

/** Restores whose swap waits for a reviewer. @throws BackstepError `forbidden` */
export async function countRestoresAwaitingApproval(ctx: Ctx): Promise<number> {
  requirePermission(ctx.actor, 'target.read');
  return ctx.db.$count(restores, eq(restores.status, 'awaiting_approval'));
}
