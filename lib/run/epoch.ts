import { and, eq, type SQL, sql } from 'drizzle-orm';
import { type Answer, type Ctx, executeTogether, tables, WITHOUT_WAITING } from '@/lib/control';

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
 * Keeps the run in this epoch until the transaction ends; see `assertHeld` for what it answers. The
 * rollback is locked first, as everybody does who asks for a stop: the other order would be a deadlock.
 */
export const holdEpochSql = (key: RunKey): [SQL, SQL] => [
  sql`SELECT FROM ${rollbacks} WHERE id = ${key.rollbackId} FOR UPDATE`,
  sql`SELECT stop_requested_by AS stop, cancel_requested_by AS cancel FROM ${runs}
    WHERE id = ${key.runId} AND epoch = ${key.epoch} FOR NO KEY UPDATE`,
];

/** What people have asked of a run. */
export interface Asked {
  stop: boolean;
  cancel: boolean;
}

/** @throws EpochLostError when there is no such row of this epoch */
export function askedOf(row: { stop?: unknown; cancel?: unknown } | undefined): Asked {
  if (!row) throw new EpochLostError();
  return { stop: row.stop !== null, cancel: row.cancel !== null };
}

/** @param answers the first are those to `holdEpochSql` */
export const askedIn = (answers: readonly Answer[]): Asked => askedOf(answers[1]?.rows[0]);

/**
 * @param answers the first are those to `holdEpochSql`
 * @throws EpochLostError
 */
export function assertHeld(answers: readonly (Answer | undefined)[]): void {
  if (answers[1]?.rows.length !== 1) throw new EpochLostError();
}

/** @throws EpochLostError */
export async function holdEpoch(tx: Ctx, key: RunKey): Promise<void> {
  assertHeld(await executeTogether(tx, holdEpochSql(key)));
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
  const [row] = await patching(ctx, key, position, patch).returning({
    position: rollbackSteps.position,
    partsDone: rollbackSteps.partsDone,
    intentPart: rollbackSteps.intentPart,
    ...(waitForDisk ? {} : { waiting: WITHOUT_WAITING }),
  });
  if (!row) throw new EpochLostError();
  return row;
}

/** The same as a statement, for whoever sends it along with others; it returns the row that it changed. */
export const patchStepSql = (
  ctx: Pick<Ctx, 'db'>,
  key: RunKey,
  position: number,
  patch: StepPatch,
): SQL =>
  patching(ctx, key, position, patch).returning({ position: rollbackSteps.position }).getSQL();

/**
 * @param answers to statements of `patchStepSql`
 * @throws EpochLostError
 */
export function assertPatched(answers: readonly Answer[]): void {
  if (answers.some(({ rows }) => rows.length !== 1)) throw new EpochLostError();
}

const patching = (ctx: Pick<Ctx, 'db'>, key: RunKey, position: number, patch: StepPatch) =>
  ctx.db
    .update(rollbackSteps)
    .set(patch)
    .where(
      and(
        eq(rollbackSteps.rollbackId, key.rollbackId),
        eq(rollbackSteps.position, position),
        sql`EXISTS (SELECT FROM ${runs} r WHERE r.id = ${key.runId} AND r.epoch = ${key.epoch} AND r.state = 'running')`,
      ),
    );
