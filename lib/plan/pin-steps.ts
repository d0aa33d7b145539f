import { eq } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import type { Plan } from '@/lib/core/plan';

const { rollbackSteps } = tables;

/** What pinning needs of another room, handed in by the adapter. */
export interface PinDeps {
  /** Hands the plan to the executor for rehearsal, in the transaction that pins it. */
  queueRehearsal(tx: Ctx, rollbackId: number, digest: string): Promise<unknown>;
}

/** Writes the steps of a plan in the place of any earlier ones. Only a draft may come here. */
export async function pinSteps(tx: Ctx, rollbackId: number, plan: Plan): Promise<void> {
  await tx.db.delete(rollbackSteps).where(eq(rollbackSteps.rollbackId, rollbackId));
  await tx.db
    .insert(rollbackSteps)
    .values(plan.steps.map(({ position, tag }) => ({ rollbackId, position, tag })));
}
