import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { restoreLabel } from '@/lib/core/restore';
import { OPEN_STATUSES, rollbackLabel } from '@/lib/core/rollback';
import type { OpenRollback, TargetFence } from '@/lib/core/views';

/** What the control database knows of one target. */
export interface ControlState {
  openRollback: OpenRollback | null;
  /** The newest fence that nobody has released. */
  /** `rollback` is the label of the rollback, or of the restore, after which it was raised. */
  fence: (TargetFence & { raisedAt: string; rollback: string }) | null;
}

/** Open rollbacks and fences of the given targets, by target name. */
export async function readControlState(
  ctx: Pick<Ctx, 'db'>,
  targets: readonly string[],
): Promise<Map<string, ControlState>> {
  const states = new Map<string, ControlState>(
    targets.map((target) => [target, { openRollback: null, fence: null }]),
  );
  if (targets.length === 0) return states;
  const { rollbacks, users, fences } = tables;
  // The plan stays where it is: it holds every script.
  const open = await ctx.db
    .select({
      id: rollbacks.id,
      target: rollbacks.target,
      status: rollbacks.status,
      fromNumber: sql<string>`${rollbacks.plan} -> 'from' ->> 'number'`,
      toNumber: sql<string>`${rollbacks.plan} -> 'to' ->> 'number'`,
      requestedBy: users.name,
      incident: rollbacks.incident,
    })
    .from(rollbacks)
    .innerJoin(users, eq(users.id, rollbacks.requestedBy))
    .where(
      and(inArray(rollbacks.target, [...targets]), inArray(rollbacks.status, [...OPEN_STATUSES])),
    )
    .orderBy(desc(rollbacks.id));
  for (const { id, target, ...rest } of open) {
    const state = states.get(target);
    if (state) state.openRollback ??= { label: rollbackLabel(id), ...rest };
  }
  const up = await ctx.db
    .select()
    .from(fences)
    .where(and(inArray(fences.target, [...targets]), isNull(fences.releasedAt)))
    .orderBy(desc(fences.id));
  for (const fence of up) {
    const state = states.get(fence.target);
    if (state) state.fence ??= recorded(fence);
  }
  return states;
}

function recorded(fence: typeof tables.fences.$inferSelect): NonNullable<ControlState['fence']> {
  return {
    kind: fence.kind,
    headTag: fence.headTag,
    raisedAt: new Date(fence.raisedAt).toISOString(),
    rollback:
      fence.rollbackId === null
        ? restoreLabel(fence.restoreId ?? 0)
        : rollbackLabel(fence.rollbackId),
    why: fence.why,
    refusals: fence.refusals,
    lastRefusedAt: isoOrNull(fence.lastRefusedAt),
    lookedAt: isoOrNull(fence.lookedAt),
    lookError: fence.lookError,
    removedByHandAt: isoOrNull(fence.removedByHandAt),
    reapplied: fence.reapplied,
  };
}

const isoOrNull = (value: string | null): string | null =>
  value === null ? null : new Date(value).toISOString();
