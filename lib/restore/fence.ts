import { and, eq, isNotNull, isNull, ne } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import type { AuditAction } from '@/lib/core/audit-actions';
import { BackstepError } from '@/lib/core/errors';
import type { ReappliedRow } from '@/lib/core/events';
import type { TrackingRow } from '@/lib/core/migration';
import { pairRows } from '@/lib/core/pair-rows';
import { restoreLabel } from '@/lib/core/restore';
import { readMigrationFolder } from '@/lib/folders';
import { type FenceState, readFenceState, readingRefused, withTarget } from '@/lib/target';
import { appendRestoreEvent, NOW } from './change-status';
import { manifestOf } from './conclude';
import { loadRestore, type RestoreFacts, type RestoreFence } from './restore-facts';
import { requireSameServer } from './same-server';

const { fences } = tables;

/** A target that hangs is looked at again in the next round, which must not come late for the others. */
const LOOK = { applicationName: 'backstep fence watch', connectMs: 2_500, timeLimitMs: 3_000 };

/**
 * Looks at each target where a restore has left a fence: whom its trigger has refused, and whether it
 * still stands. What has changed since the last look goes into the events and the history.
 */
export async function watchRestoreFences(ctx: Ctx): Promise<void> {
  const standing = await ctx.db
    .select({ restoreId: fences.restoreId })
    .from(fences)
    .where(and(isNull(fences.releasedAt), isNotNull(fences.restoreId)));
  const results = await Promise.allSettled(
    standing.map(async ({ restoreId }) => {
      if (restoreId !== null) await lookAt(ctx, await loadRestore(ctx, restoreId));
    }),
  );
  const faults = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (faults.length > 0) throw new AggregateError(faults, 'fences could not be looked at');
}

async function lookAt(ctx: Ctx, facts: RestoreFacts): Promise<void> {
  const { fence } = facts;
  if (!fence || facts.row.status !== 'swapped') return;
  let state: FenceState;
  try {
    state = await readState(facts);
  } catch (cause) {
    if (!(cause instanceof BackstepError)) throw cause;
    await noteLook(ctx, fence, cause.message);
    return;
  }
  await noteLook(ctx, fence, null);
  await tellReapplied(ctx, facts, fence, state);
  if (fence.kind !== 'trigger') return;
  const { refusals } = state;
  const isOurs = state.fence?.rollback === restoreLabel(facts.row.id);
  if (isOurs && refusals !== null && refusals !== fence.refusals)
    await record(
      ctx,
      facts,
      'fence.refused',
      { count: refusals > fence.refusals ? refusals - fence.refusals : refusals, total: refusals },
      { refusals, lastRefusedAt: NOW },
      eq(fences.refusals, fence.refusals),
    );
  if (state.fence === null)
    await record(
      ctx,
      facts,
      'fence.removed_by_hand',
      { head: fence.headTag },
      { removedByHandAt: NOW, releasedAt: NOW, releaseRequestedAt: null, releaseRequestedBy: null },
      isNull(fences.releaseRequestedAt),
    );
}

/** Rows beyond those that the backup has brought: a newer image has applied again what it lacked. */
async function tellReapplied(
  ctx: Ctx,
  facts: RestoreFacts,
  fence: RestoreFence,
  { rows }: FenceState,
): Promise<void> {
  const { trackingRows } = manifestOf(facts);
  const known = new Set(fence.reapplied.map(({ hash, createdAt }) => `${hash} ${createdAt}`));
  const extra = [...rows].sort((a, b) => a.id - b.id).slice(trackingRows);
  const fresh = extra.filter(({ hash, createdAt }) => !known.has(`${hash} ${createdAt}`));
  if (fresh.length === 0) return;
  const names = await namesOfRows(facts, rows);
  const found = (some: readonly TrackingRow[]): ReappliedRow[] =>
    some.map((row) => ({
      tag: row.name ?? names.get(row.id) ?? null,
      hash: row.hash,
      createdAt: row.createdAt,
    }));
  await record(
    ctx,
    facts,
    'migration.reapplied',
    { rows: found(fresh) },
    { reapplied: found(extra) },
    ne(fences.reapplied, found(extra)),
  );
}

/** Tags by the id of their tracking row, where the folder can be read. */
async function namesOfRows(
  { target }: RestoreFacts,
  rows: readonly TrackingRow[],
): Promise<Map<number, string>> {
  const folder = await readMigrationFolder(target).catch(() => null);
  if (!folder) return new Map();
  const pairs = pairRows(folder.layout, folder.files, rows);
  return new Map([...pairs].map(([{ tag }, { id }]) => [id, tag]));
}

function readState({ target, row }: RestoreFacts): Promise<FenceState> {
  const primary = { ...target, readUrl: target.url };
  return withTarget(
    primary,
    'read',
    async (client) => {
      await requireSameServer(client, row);
      return readFenceState(client, target.tracking);
    },
    LOOK,
  ).catch((cause: unknown) => {
    throw readingRefused(primary, cause);
  });
}

async function noteLook(ctx: Ctx, fence: RestoreFence, error: string | null): Promise<void> {
  await ctx.db
    .update(fences)
    .set({ lookedAt: NOW, lookError: error })
    .where(and(eq(fences.id, fence.id), isNull(fences.releasedAt)));
}

async function record(
  ctx: Ctx,
  facts: RestoreFacts,
  action: AuditAction,
  payload: Record<string, unknown>,
  patch: Record<string, unknown>,
  still: ReturnType<typeof eq>,
): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    // The restore first, as everybody does who writes about its fence.
    const { row } = await loadRestore(tx, facts.row.id, { lock: true });
    if (row.status !== 'swapped') return;
    const written = await tx.db
      .update(fences)
      .set(patch)
      .where(and(eq(fences.restoreId, row.id), isNull(fences.releasedAt), still))
      .returning({ id: fences.id });
    if (written.length === 0) return;
    await appendRestoreEvent(tx, row.id, action, payload);
    await appendAudit(tx, {
      action,
      subject: restoreLabel(row.id),
      target: row.target,
      outcome: 'done',
      payload,
    });
  });
}
