import { type Ctx, databaseNow } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import type { TargetSummary } from '@/lib/core/views';
import { type ControlState, readControlState } from './control-state';
import { readTargetState } from './read-target-state';
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
  const nothing: ControlState = { openRollback: null, fence: null };
  return Promise.all(
    targets.map((target) => summarise(target, control.get(target.name) ?? nothing, now)),
  );
}

async function summarise(
  target: TargetConfig,
  control: ControlState,
  now: string,
): Promise<TargetSummary> {
  try {
    return summaryOf(target, await readTargetState(target), control, now);
  } catch (error) {
    if (!(error instanceof BackstepError)) throw error;
    return unreadSummary(target, control, now, { code: error.code, message: error.message });
  }
}
