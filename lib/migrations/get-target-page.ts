import { z } from 'zod';
import { findTarget } from '@/lib/config';
import { type Ctx, databaseNow } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import { destinations } from '@/lib/core/plan-chain';
import type { TargetPage } from '@/lib/core/views';
import { readControlState } from './control-state';
import { readTargetState } from './read-target-state';
import { lineOf, summaryOf, unreadSummary } from './target-view';

const getTargetPageInput = z.object({ target: z.string().min(1) });

/**
 * A target with all its migrations. Where it can't be read, the summary says why and there are no
 * lines.
 * @throws BackstepError `forbidden`, `not_found`
 */
export async function getTargetPage(
  ctx: Ctx,
  input: z.input<typeof getTargetPageInput>,
): Promise<TargetPage> {
  requirePermission(ctx.actor, 'target.read');
  const target = findTarget(ctx.config, getTargetPageInput.parse(input).target);
  const now = (await databaseNow(ctx)).toISOString();
  const control = (await readControlState(ctx, [target.name])).get(target.name) ?? {
    openRollback: null,
    fence: null,
  };
  const { policy } = target;
  try {
    const state = await readTargetState(target);
    const { list } = state;
    const reach = destinations(list);
    return {
      summary: summaryOf(target, state, control, now, reach),
      lines: list.entries.map((entry) => lineOf(entry, list.head, reach)).reverse(),
      barrier: reach.barrier,
      problems: list.problems,
      rollbackPattern: list.rollbackPattern,
      policy,
    };
  } catch (error) {
    if (!(error instanceof BackstepError)) throw error;
    const { code, message } = error;
    return {
      summary: unreadSummary(target, control, now, { code, message }),
      lines: [],
      barrier: null,
      problems: [],
      rollbackPattern: target.rollbackPattern ?? '',
      policy,
    };
  }
}
