import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { findTarget } from '@/lib/config';
import { type Ctx, databaseNow, rescuesOf, tables } from '@/lib/control';
import { type Actor, type Permission, requirePermission, whyNot } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { Verdict } from '@/lib/core/gates';
import { destinations } from '@/lib/core/plan-chain';
import type { TargetPage } from '@/lib/core/views';
import { readControlState } from './control-state';
import { readProvenState } from './read-target-state';
import { readChecks, UNCHECKED } from './target-checks';
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
  const checks = (await readChecks(ctx, [target.name])).get(target.name) ?? UNCHECKED;
  const { policy } = target;
  const known = {
    policy,
    check: checks.latest,
    drift: checks.drift,
    rescues: await rescuesOf(
      ctx,
      sql`${tables.rescues.target} = ${target.name} AND ${tables.rescues.prunedAt} IS NULL`,
    ),
    gates: {
      create: verdictFor(ctx.actor, 'rollback.create'),
      check: verdictFor(ctx.actor, 'target.check'),
    },
  };
  try {
    const state = await readProvenState(ctx, target);
    const { list } = state;
    const reach = destinations(list);
    return {
      summary: summaryOf(target, state, control, checks, now, reach),
      lines: list.entries.map((entry) => lineOf(entry, list.head, reach, policy)).reverse(),
      barrier: reach.barrier,
      problems: list.problems,
      rollbackPattern: list.rollbackPattern,
      layout: list.layout,
      forecast: list.forecast,
      ...known,
    };
  } catch (error) {
    if (!(error instanceof BackstepError)) throw error;
    const { code, message } = error;
    return {
      summary: unreadSummary(target, control, checks, now, { code, message }),
      lines: [],
      barrier: null,
      problems: [],
      rollbackPattern: target.rollbackPattern ?? '',
      layout: null,
      forecast: null,
      ...known,
    };
  }
}

function verdictFor(actor: Actor, permission: Permission): Verdict {
  const reason = whyNot(actor, permission);
  return reason === undefined ? { allowed: true } : { allowed: false, reason, roleOnly: true };
}
