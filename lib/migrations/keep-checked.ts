import { desc, eq } from 'drizzle-orm';
import { type Ctx, databaseNow, tables } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import { readBootstrap } from '@/lib/proof';
import { contentOf } from './perform-check';
import { readTargetState } from './read-target-state';
import { queueCheck } from './request-check';

/** The live schema may drift without any file changing. */
const OLD_AFTER_MS = 15 * 60_000;
/** What failed is tried again, but not all the time. */
const FAILED_AGAIN_AFTER_MS = 5 * 60_000;

/**
 * Queues a check for each target whose files or rows are no longer those of its last one, or whose last
 * one has grown old. A target that can't be read is left for the next time.
 * @returns the names of the targets that will be checked
 * @throws a fault that nobody foresaw, after the other targets were seen to
 */
export async function keepChecked(ctx: Pick<Ctx, 'db' | 'config'>): Promise<string[]> {
  const found = await Promise.allSettled(
    ctx.config.targets.map(async (target) => ({
      name: target.name,
      due: await isDue(ctx, target),
    })),
  );
  const queued: string[] = [];
  const faults: unknown[] = [];
  for (const one of found) {
    if (one.status === 'rejected') faults.push(one.reason);
    else if (one.value.due && (await queueCheck(ctx, one.value.name))) queued.push(one.value.name);
  }
  // What nobody foresaw of one target must not keep the others from being looked at.
  if (faults.length > 0) throw faults[0];
  return queued;
}

async function isDue(ctx: Pick<Ctx, 'db'>, target: TargetConfig): Promise<boolean> {
  const { targetChecks } = tables;
  const [last] = await ctx.db
    .select()
    .from(targetChecks)
    .where(eq(targetChecks.target, target.name))
    .orderBy(desc(targetChecks.id))
    .limit(1);
  if (!last || last.state === 'interrupted') return true;
  if (!last.finishedAt) return false;
  const age = (await databaseNow(ctx)).getTime() - Date.parse(last.finishedAt);
  if (last.state === 'failed') return age > FAILED_AGAIN_AFTER_MS;
  if (age > OLD_AFTER_MS) return true;
  try {
    const { list } = await readTargetState(target);
    const bootstrap = await readBootstrap(target);
    return contentOf(target, list, bootstrap?.sha256) !== last.content;
  } catch (error) {
    if (error instanceof BackstepError) return false;
    throw error;
  }
}
