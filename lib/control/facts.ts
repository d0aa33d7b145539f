import { and, desc, eq, inArray, ne, type SQL } from 'drizzle-orm';
import type { Actor } from '@/lib/core/actor';
import { dangersOf } from '@/lib/core/dangers';
import { BackstepError } from '@/lib/core/errors';
import type {
  Acknowledgement,
  ApprovalEvidence,
  FenceEvidence,
  RehearsalEvidence,
  RehearsalResult,
  RescueEvidence,
  RunEvidence,
  StepEvidence,
} from '@/lib/core/evidence';
import { type GateInput, gates, type RoomAction } from '@/lib/core/gates';
import type { TargetConfig } from '@/lib/core/policy';
import { restoreLabel } from '@/lib/core/restore';
import { parseRollbackLabel, type RollbackStatus, rollbackLabel } from '@/lib/core/rollback';
import { latestBackup } from './backup-evidence';
import { type Ctx, databaseNow } from './context';
import {
  acknowledgements,
  approvals,
  fences,
  rehearsals,
  rescues,
  restores,
  rollbackSteps,
  rollbacks,
  runs,
  users,
} from './schema';
import { isProven, storedPlan, storedResult } from './stored-evidence';

/** Everything that is known of one rollback: what the gates are asked with, and what a page shows. */
export interface RollbackFacts {
  row: typeof rollbacks.$inferSelect;
  requester: { id: string; name: string };
  target: TargetConfig;
  steps: StepEvidence[];
  input: GateInput;
}

/**
 * The number behind a label.
 * @throws BackstepError `not_found`
 */
export function findRollback(label: string): number {
  const id = parseRollbackLabel(label);
  if (id === undefined) {
    throw new BackstepError(
      'not_found',
      `'${label}' is not a rollback. They are named like RB-0001.`,
    );
  }
  return id;
}

const iso = (value: string): string => new Date(value).toISOString();
const isoOrNull = (value: string | null): string | null => (value === null ? null : iso(value));

/**
 * Reads a rollback with all its evidence.
 * @param options.lock take the rollback's row lock: use it in a transaction that changes something
 * @throws BackstepError `not_found`, `config_invalid` when the target left the configuration
 */
export async function loadFacts(
  ctx: Pick<Ctx, 'db' | 'config'>,
  rollbackId: number,
  options: { lock?: boolean } = {},
): Promise<RollbackFacts> {
  const query = ctx.db.select().from(rollbacks).where(eq(rollbacks.id, rollbackId));
  const [found] = await (options.lock ? query.for('update') : query);
  if (!found) {
    throw new BackstepError('not_found', `${rollbackLabel(rollbackId)} does not exist.`);
  }
  const row = { ...found, plan: storedPlan(found.plan) };
  const target = ctx.config.targets.find((candidate) => candidate.name === row.target);
  if (!target) {
    throw new BackstepError(
      'config_invalid',
      `The target '${row.target}' of ${rollbackLabel(rollbackId)} is no longer in ${ctx.config.path}. Put it back to go on.`,
    );
  }
  // One after the other: inside a transaction there is one connection.
  const now = await databaseNow(ctx);
  const [requester] = await ctx.db
    .select({ id: users.id, name: users.name })
    .from(users)
    .where(eq(users.id, row.requestedBy));
  const rehearsal = await latestRehearsal(ctx, row);
  const input: GateInput = {
    now: now.getTime(),
    status: row.status,
    outcome: row.outcome,
    policy: target.policy,
    digest: row.planDigest,
    requesterId: row.requestedBy,
    planCheck: row.planCheck,
    rehearsal,
    dangers: dangersOf(row.plan, seenBy(rehearsal, row.planDigest), target.policy),
    acknowledgements: await allAcknowledgements(ctx, rollbackId),
    backup: await latestBackup(ctx, row, target.policy),
    approvals: await allApprovals(ctx, rollbackId),
    approvalRequestedAt: isoOrNull(row.approvalRequestedAt),
    run: await latestRun(ctx, rollbackId),
    stepsDone: row.stepsDone,
    stepsTotal: row.stepsTotal,
    fence: await fenceOf(ctx, rollbackId),
    rescues: await rescuesOf(ctx, eq(rescues.rollbackId, rollbackId)),
    ...(await otherRunning(ctx, row.target, rollbackId)),
  };
  return {
    row,
    requester: requester ?? { id: row.requestedBy, name: 'Unknown' },
    target,
    steps: await stepsOf(ctx, rollbackId),
    input,
  };
}

/**
 * Asks the same gates as the page did.
 * @throws BackstepError `forbidden` when only the role is in the way, else `gate_closed`
 */
export function requireAction(facts: RollbackFacts, action: RoomAction, actor: Actor): void {
  const verdict = gates(facts.input, actor).actions[action];
  if (verdict.allowed) return;
  throw new BackstepError(
    verdict.roleOnly ? 'forbidden' : 'gate_closed',
    verdict.reason ?? 'This can’t be done now.',
    { details: { action, status: facts.row.status, rollback: rollbackLabel(facts.row.id) } },
  );
}

const BEFORE_A_RUN: ReadonlySet<RollbackStatus> = new Set([
  'draft',
  'awaiting_approval',
  'approved',
]);

async function latestRehearsal(
  ctx: Pick<Ctx, 'db'>,
  rollback: Pick<typeof rollbacks.$inferSelect, 'id' | 'status'>,
): Promise<RehearsalEvidence | null> {
  const [row] = await ctx.db
    .select()
    .from(rehearsals)
    .where(eq(rehearsals.rollbackId, rollback.id))
    .orderBy(desc(rehearsals.id))
    .limit(1);
  if (!row) return null;
  // Nobody runs on a rehearsal of an older version, which no proof and no look at the target belongs to.
  const old = row.state === 'passed' && BEFORE_A_RUN.has(rollback.status) && !isProven(row.result);
  return {
    id: row.id,
    digest: row.digest,
    state: old ? 'interrupted' : row.state,
    queuedAt: iso(row.queuedAt),
    startedAt: isoOrNull(row.startedAt),
    finishedAt: isoOrNull(row.finishedAt),
    progress: row.progress,
    result: storedResult(row.result),
    error: old ? 'It was made before scripts were proven. Rehearse again.' : row.error,
  };
}

/** What a rehearsal of exactly this plan saw. */
function seenBy(rehearsal: RehearsalEvidence | null, digest: string): RehearsalResult | null {
  return rehearsal?.digest === digest ? rehearsal.result : null;
}

async function allAcknowledgements(
  ctx: Pick<Ctx, 'db'>,
  rollbackId: number,
): Promise<Acknowledgement[]> {
  const rows = await ctx.db
    .select({ acknowledgement: acknowledgements, name: users.name })
    .from(acknowledgements)
    .innerJoin(users, eq(users.id, acknowledgements.acknowledgedBy))
    .where(eq(acknowledgements.rollbackId, rollbackId))
    .orderBy(acknowledgements.id);
  return rows.map(({ acknowledgement, name }) => ({
    key: acknowledgement.key,
    digest: acknowledgement.digest,
    by: { id: acknowledgement.acknowledgedBy, name },
    at: iso(acknowledgement.at),
  }));
}

async function allApprovals(ctx: Pick<Ctx, 'db'>, rollbackId: number): Promise<ApprovalEvidence[]> {
  const rows = await ctx.db
    .select({ approval: approvals, name: users.name })
    .from(approvals)
    .innerJoin(users, eq(users.id, approvals.decidedBy))
    .where(eq(approvals.rollbackId, rollbackId))
    .orderBy(approvals.id);
  return rows.map(({ approval, name }) => ({
    id: approval.id,
    digest: approval.digest,
    decision: approval.decision,
    comment: approval.comment,
    by: { id: approval.decidedBy, name },
    at: iso(approval.at),
    voidedAt: isoOrNull(approval.voidedAt),
  }));
}

async function latestRun(ctx: Pick<Ctx, 'db'>, rollbackId: number): Promise<RunEvidence | null> {
  const [row] = await ctx.db
    .select()
    .from(runs)
    .where(eq(runs.rollbackId, rollbackId))
    .orderBy(desc(runs.number))
    .limit(1);
  if (!row) return null;
  const people = [row.requestedBy, row.stopRequestedBy, row.cancelRequestedBy].filter(
    (id): id is string => id !== null,
  );
  const names = await ctx.db
    .select({ id: users.id, name: users.name })
    .from(users)
    .where(inArray(users.id, people));
  const nameOf = (id: string | null) =>
    id === null ? null : (names.find((person) => person.id === id)?.name ?? 'Unknown');
  return {
    id: row.id,
    number: row.number,
    state: row.state,
    requestedBy: { id: row.requestedBy, name: nameOf(row.requestedBy) ?? 'Unknown' },
    requestedAt: iso(row.requestedAt),
    startedAt: isoOrNull(row.startedAt),
    finishedAt: isoOrNull(row.finishedAt),
    heartbeatAt: isoOrNull(row.heartbeatAt),
    stopRequestedBy: nameOf(row.stopRequestedBy),
    cancelRequestedBy: nameOf(row.cancelRequestedBy),
    allOrNothing: row.allOrNothing,
    rescue: row.rescue,
  };
}

async function fenceOf(ctx: Pick<Ctx, 'db'>, rollbackId: number): Promise<FenceEvidence | null> {
  const [found] = await ctx.db
    .select({ fence: fences, by: users.name })
    .from(fences)
    .leftJoin(users, eq(users.id, fences.releaseRequestedBy))
    .where(eq(fences.rollbackId, rollbackId));
  if (!found) return null;
  const { fence, by } = found;
  return {
    id: fence.id,
    kind: fence.kind,
    why: fence.why,
    headTag: fence.headTag,
    raisedAt: iso(fence.raisedAt),
    releaseRequestedAt: isoOrNull(fence.releaseRequestedAt),
    releasedAt: isoOrNull(fence.releasedAt),
    releasedBy: fence.releasedAt ? by : null,
    releaseError: fence.releaseError,
    refusals: fence.refusals,
    lastRefusedAt: isoOrNull(fence.lastRefusedAt),
    lookedAt: isoOrNull(fence.lookedAt),
    lookError: fence.lookError,
    removedByHandAt: isoOrNull(fence.removedByHandAt),
    reapplied: fence.reapplied,
  };
}

/** Rescue copies, in the order in which they were made. */
export async function rescuesOf(ctx: Pick<Ctx, 'db'>, which: SQL): Promise<RescueEvidence[]> {
  const rows = await ctx.db.select().from(rescues).where(which).orderBy(rescues.id);
  return rows.map((row) => ({
    id: row.id,
    rollback: rollbackLabel(row.rollbackId),
    position: row.position,
    statementIndex: row.statementIndex,
    kind: row.kind,
    subject: row.subject,
    copy: row.copy,
    rows: row.rows,
    bytes: row.bytes,
    mergeSql: row.mergeSql,
    createdAt: iso(row.createdAt),
    pruneRequestedAt: isoOrNull(row.pruneRequestedAt),
    prunedAt: isoOrNull(row.prunedAt),
    pruneError: row.pruneError,
  }));
}

async function otherRunning(
  ctx: Pick<Ctx, 'db'>,
  target: string,
  rollbackId: number,
): Promise<Pick<GateInput, 'otherRunning' | 'otherRun'>> {
  const [other] = await ctx.db
    .select({ id: rollbacks.id, status: rollbacks.status, by: users.name, at: runs.requestedAt })
    .from(rollbacks)
    .leftJoin(runs, eq(runs.rollbackId, rollbacks.id))
    .leftJoin(users, eq(users.id, runs.requestedBy))
    .where(
      and(
        eq(rollbacks.target, target),
        inArray(rollbacks.status, ['running', 'unknown']),
        ne(rollbacks.id, rollbackId),
      ),
    )
    .orderBy(desc(runs.number))
    .limit(1);
  if (other) {
    const at = isoOrNull(other.at);
    return {
      otherRunning: rollbackLabel(other.id),
      otherRun: other.by && at ? { by: other.by, at, unknown: other.status === 'unknown' } : null,
    };
  }
  const [swap] = await ctx.db
    .select({ id: restores.id })
    .from(restores)
    .where(
      and(
        eq(restores.target, target),
        inArray(restores.status, ['swapping', 'swapping_back', 'unknown']),
      ),
    )
    .limit(1);
  return { otherRunning: swap ? restoreLabel(swap.id) : null };
}

async function stepsOf(ctx: Pick<Ctx, 'db'>, rollbackId: number): Promise<StepEvidence[]> {
  const rows = await ctx.db
    .select()
    .from(rollbackSteps)
    .where(eq(rollbackSteps.rollbackId, rollbackId))
    .orderBy(rollbackSteps.position);
  return rows.map((row) => ({
    position: row.position,
    tag: row.tag,
    status: row.status,
    partsDone: row.partsDone,
    intentPart: row.intentPart,
    startedAt: isoOrNull(row.startedAt),
    finishedAt: isoOrNull(row.finishedAt),
    error: row.error,
    verification: row.verification,
  }));
}
