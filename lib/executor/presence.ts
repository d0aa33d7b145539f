import { hostname } from 'node:os';
import { eq, sql } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';

const { executors } = tables;

const BEAT_MS = 2_000;
/** Without a beat for this long, on the control database's clock, an executor counts as dead. */
const DEAD_AFTER_S = 15;

/**
 * Tells the control database that this executor lives.
 * @returns a function that ends the beat and signs off
 */
export async function announce(ctx: Ctx, executorId: string): Promise<() => Promise<void>> {
  await ctx.db.insert(executors).values({ id: executorId, host: hostname(), pid: process.pid });
  const timer = setInterval(() => {
    ctx.db
      .update(executors)
      .set({ heartbeatAt: sql`clock_timestamp()` })
      .where(eq(executors.id, executorId))
      // A control database that is away for a moment is what the dead line has room for.
      .catch(() => undefined);
  }, BEAT_MS);
  return async () => {
    clearInterval(timer);
    await ctx.db
      .update(executors)
      .set({ heartbeatAt: sql`'-infinity'` })
      .where(eq(executors.id, executorId))
      .catch(() => undefined);
  };
}

/** Executors that have started and no longer beat: what they held is nobody's. */
export async function deadExecutorIds(ctx: Ctx): Promise<string[]> {
  const rows = await ctx.db
    .select({ id: executors.id })
    .from(executors)
    .where(
      sql`${executors.heartbeatAt} < clock_timestamp() - make_interval(secs => ${DEAD_AFTER_S})`,
    );
  return rows.map((row) => row.id);
}
