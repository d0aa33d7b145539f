import { type Ctx, databaseNow } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import type { TargetSummary } from '@/lib/core/views';
import { type ControlState, readControlState } from './control-state';
import { readProvenState } from './read-target-state';
import { type CheckState, readChecks, UNCHECKED } from './target-checks';
import { summaryOf, unreadSummary } from './target-view';

/**
 * Every configured target, read at the same time and each within its own limit. One that can't be
 * read says why and what to do, and leaves the others alone.
 * @throws BackstepError `forbidden`
 */
export async function listTargets(ctx: Ctx): Promise<TargetSummary[]> {
  requirePermission(ctx.actor, 'target.read');
  const { targets } = ctx.config;
  const now = (await databaseNow(ctx)).toISOString();
  const control = await readControlState(
    ctx,
    targets.map((target) => target.name),
  );
  const checks = await readChecks(
    ctx,
    targets.map((target) => target.name),
  );
  const nothing: ControlState = { openRollback: null, fence: null };
  return Promise.all(
    targets.map((target) =>
      summarise(
        ctx,
        target,
        control.get(target.name) ?? nothing,
        checks.get(target.name) ?? UNCHECKED,
        now,
      ),
    ),
  );
}

async function summarise(
  ctx: Ctx,
  target: TargetConfig,
  control: ControlState,
  checks: CheckState,
  now: string,
): Promise<TargetSummary> {
  try {
    return summaryOf(target, await readProvenState(ctx, target), control, checks, now);
  } catch (error) {
    if (!(error instanceof BackstepError)) throw error;
    return unreadSummary(target, control, checks, now, {
      code: error.code,
      message: error.message,
    });
  }
}
