import { and, eq, type SQL, sql } from 'drizzle-orm';
import { type Ctx, tables, WITHOUT_WAITING } from '@/lib/control';

const { rollbackSteps, rollbacks, runs } = tables;

/** Another executor owns the run by now: this one must not write, and must not commit. */
export class EpochLostError extends Error {
  constructor() {
    super('Another executor has taken over this run.');
    this.name = 'EpochLostError';
  }
}

export interface RunKey {
  rollbackId: number;
  runId: number;
  epoch: number;
  target: string;
}

/** True of the run's row while it belongs to this epoch. */
export function ownedBy(key: RunKey): SQL | undefined {
  return and(eq(runs.id, key.runId), eq(runs.epoch, key.epoch));
}

/**
 * Keeps the run in this epoch until the transaction ends. The rollback is locked first, as everybody
 * does who asks for a stop: the other order would be a deadlock.
 * @throws EpochLostError
 */
export async function holdEpoch(tx: Ctx, key: RunKey): Promise<void> {
  await tx.db
    .select({ id: rollbacks.id })
    .from(rollbacks)
    .where(eq(rollbacks.id, key.rollbackId))
    .for('update');
  const held = await tx.db
    .select({ id: runs.id })
    .from(runs)
    .where(ownedBy(key))
    .for('no key update');
  if (held.length !== 1) throw new EpochLostError();
}

export type StepPatch = {
  [K in keyof Partial<typeof rollbackSteps.$inferInsert>]:
    | (typeof rollbackSteps.$inferInsert)[K]
    | SQL;
};

/** What is written down of a step that is under way. */
export interface StepProgress {
  position: number;
  /** Parts that are in for good. */
  partsDone: number;
  /** A part whose outcome nobody has seen yet. */
  intentPart: number | null;
}

/**
 * Changes one step's row, if the run is going on and still belongs to this epoch.
 * @param options.waitForDisk false for what is only progress; not inside of a transaction
 * @throws EpochLostError
 */
export async function patchStep(
  ctx: Pick<Ctx, 'db'>,
  key: RunKey,
  position: number,
  patch: StepPatch,
  { waitForDisk }: { waitForDisk: boolean } = { waitForDisk: true },
): Promise<StepProgress> {
  const [row] = await ctx.db
    .update(rollbackSteps)
    .set(patch)
    .where(
      and(
        eq(rollbackSteps.rollbackId, key.rollbackId),
        eq(rollbackSteps.position, position),
        sql`EXISTS (SELECT FROM ${runs} r WHERE r.id = ${key.runId} AND r.epoch = ${key.epoch} AND r.state = 'running')`,
      ),
    )
    .returning({
      position: rollbackSteps.position,
      partsDone: rollbackSteps.partsDone,
      intentPart: rollbackSteps.intentPart,
      ...(waitForDisk ? {} : { waiting: WITHOUT_WAITING }),
    });
  if (!row) throw new EpochLostError();
  return row;
}
