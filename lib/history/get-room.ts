import { type Ctx, findRollback, loadFacts, type RollbackFacts } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { PlanCheck } from '@/lib/core/evidence';
import { gates } from '@/lib/core/gates';
import { rollbackLabel } from '@/lib/core/rollback';
import type { DeployRelease, RollbackRoom } from '@/lib/core/views';
import { findReleases } from '@/lib/releases';
import { addressOf } from '@/lib/target';
import { fenceRemovalScript } from '@/lib/undo';

export interface RoomDeps {
  checkPlan(ctx: Ctx, rollbackId: number): Promise<PlanCheck>;
  /** How long a comparison may hold up the room; it goes on afterwards. */
  patienceMs?: number;
}

/** A comparison younger than this is shown as it is; opening the room must not hammer the target. */
const CHECK_AGE_MS = 15_000;
/** Asking git about every tag of a large repository takes a second or two, once. */
const RELEASES_PATIENCE_MS = 800;
/** A target that does not answer must not hold up the room. */
const CHECK_PATIENCE_MS = 6_000;

/**
 * Everything that the room of a rollback shows. Before a run, and before one that has stopped goes on,
 * the pinned plan is compared with today when the last comparison has grown old, which voids an approval
 * that no longer fits.
 * @throws BackstepError `forbidden`, `not_found`
 */
export async function getRoom(
  ctx: Ctx,
  input: { rollback: string },
  deps: RoomDeps,
): Promise<RollbackRoom> {
  requirePermission(ctx.actor, 'target.read');
  const rollbackId = findRollback(input.rollback);
  let facts = await loadFacts(ctx, rollbackId);
  if (isCheckDue(facts)) {
    await withPatience(deps.checkPlan(ctx, rollbackId), deps.patienceMs ?? CHECK_PATIENCE_MS);
    facts = await loadFacts(ctx, rollbackId);
  }
  return roomOf(ctx, facts, await releasesInTime(facts));
}

/** A suggestion that takes long is there the next time. */
async function releasesInTime({ target, row }: RollbackFacts): Promise<DeployRelease[]> {
  const { replay, to } = row.plan;
  const tags = replay.map(({ tag }) => tag);
  const expected = tags.slice(0, tags.indexOf(to.tag) + 1);
  let releases: DeployRelease[] = [];
  const found = findReleases(target, to, expected).then((list) => {
    releases = list;
  });
  await withPatience(found, RELEASES_PATIENCE_MS);
  return releases;
}

function isCheckDue({ row, input }: RollbackFacts): boolean {
  if (!['draft', 'awaiting_approval', 'approved', 'stopped'].includes(row.status)) return false;
  if (row.planCheck === null) return true;
  const checkedAt = Date.parse(row.planCheck.checkedAt);
  // What a run has met or left may be other than what was true before it.
  const ended = row.status === 'stopped' ? Date.parse(input.run?.finishedAt ?? '') : Number.NaN;
  return checkedAt < ended || input.now - checkedAt > CHECK_AGE_MS;
}

async function withPatience(check: Promise<unknown>, patienceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  // Its failure shows as a comparison that grows old; the room itself can still be read.
  await Promise.race([check.catch(() => undefined), patience]);
  clearTimeout(timer);
}

function roomOf(ctx: Ctx, facts: RollbackFacts, releases: DeployRelease[]): RollbackRoom {
  const { row, input, target } = facts;
  // For comparing only; hundreds of lines that no page shows.
  const { schemaObjects: _, ...plan } = row.plan;
  return {
    id: row.id,
    label: rollbackLabel(row.id),
    target: {
      name: target.name,
      environment: target.environment,
      address: addressOf(target.url),
      serverVersion: versionOf(row.plan.database.serverVersionNum),
    },
    status: row.status,
    outcome: row.outcome,
    outcomeMessage: row.outcomeMessage,
    reason: row.reason,
    incident: row.incident,
    requestedBy: facts.requester,
    createdAt: new Date(row.createdAt).toISOString(),
    approvalRequestedAt: input.approvalRequestedAt,
    now: new Date(input.now).toISOString(),
    plan,
    digest: row.planDigest,
    policy: target.policy,
    planCheck: row.planCheck,
    rehearsal: input.rehearsal,
    dangers: input.dangers,
    acknowledgements: input.acknowledgements,
    backup: input.backup,
    approvals: input.approvals,
    run: input.run,
    steps: facts.steps,
    fence: input.fence,
    rescues: input.rescues,
    fenceRemovalSql: fenceRemovalScript(row.plan.tracking),
    releases,
    gates: gates(input, ctx.actor),
    lastEventSeq: row.eventSeq,
  };
}

/** `15.18` from 150018. */
function versionOf(serverVersionNum: number): string {
  return `${Math.trunc(serverVersionNum / 10_000)}.${serverVersionNum % 10_000}`;
}
