import { appendEvent, type Ctx, enqueueJob, tables } from '@/lib/control';

/**
 * Hands a pinned plan to the executor for rehearsal. Call it in the transaction that pinned the plan
 * or asked for the rehearsal.
 * @param digest the plan's: the result counts for this digest only
 */
export async function queueRehearsal(
  ctx: Ctx,
  rollbackId: number,
  digest: string,
): Promise<number> {
  const [row] = await ctx.db
    .insert(tables.rehearsals)
    .values({ rollbackId, digest })
    .returning({ id: tables.rehearsals.id });
  if (!row) throw new Error('the rehearsal row was not inserted');
  await appendEvent(ctx, rollbackId, 'rehearsal.queued', { rehearsalId: row.id });
  await enqueueJob(ctx, 'rehearse', { rehearsalId: row.id });
  return row.id;
}
