import { and, eq, sql } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import {
  appendRunEvents,
  type Ctx,
  changeStatus,
  inTransaction,
  type PendingEvent,
  tables,
} from '@/lib/control';
import type { EventKind, EventPayloads } from '@/lib/core/events';
import type { StepVerification } from '@/lib/core/evidence';
import type { Outcome } from '@/lib/core/rollback';
import { rollbackLabel } from '@/lib/core/rollback';

const { rollbackSteps, rollbacks, runs, fences } = tables;

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

/**
 * Everything that a run writes into the control database. Each write asks whether the run still
 * belongs to this epoch. Events are queued and written in order, in batches, so that a script's
 * statements do not wait for them; `flush` is awaited before every COMMIT on the target, so nothing
 * is committed that could not be recorded.
 */
export class RunRecord {
  private queue: PendingEvent[] = [];
  private writing: Promise<void> | null = null;
  private failure: unknown = null;

  constructor(
    private readonly ctx: Ctx,
    readonly key: RunKey,
  ) {}

  emit<K extends EventKind>(kind: K, payload: EventPayloads[K]): void {
    this.queue.push({ kind, payload } as PendingEvent);
    this.writing ??= this.drain();
  }

  /** Waits until every event so far is written. @throws EpochLostError, or the database's error */
  async flush(): Promise<void> {
    while (this.writing) await this.writing;
    if (this.failure) throw this.failure;
  }

  private async drain(): Promise<void> {
    // Let everything that is emitted in this turn go into one batch.
    await Promise.resolve();
    try {
      while (this.queue.length > 0 && !this.failure) {
        const batch = this.queue.splice(0, 200);
        const written = await appendRunEvents(this.ctx, this.key, batch);
        if (!written) this.failure = new EpochLostError();
      }
    } catch (cause) {
      this.failure = cause;
    } finally {
      this.writing = null;
    }
  }

  /** Renews the lease and reads what people have asked for. @throws EpochLostError */
  async heartbeat(): Promise<{ stop: boolean; cancel: boolean }> {
    const [row] = await this.ctx.db
      .update(runs)
      .set({ heartbeatAt: sql`clock_timestamp()` })
      .where(this.owned())
      .returning({ stop: runs.stopRequestedBy, cancel: runs.cancelRequestedBy });
    if (!row) throw new EpochLostError();
    return { stop: row.stop !== null, cancel: row.cancel !== null };
  }

  async stepRunning(position: number): Promise<void> {
    await this.step(position, {
      status: 'running',
      xid: null,
      startedAt: sql`clock_timestamp()`,
      finishedAt: null,
      error: null,
    });
  }

  /** The intent, written before COMMIT is sent. */
  async stepCommitting(position: number, xid: string): Promise<void> {
    this.emit('step.committing', { position, xid });
    await this.flush();
    await this.step(position, { status: 'committing', xid });
  }

  async stepUndone(position: number, error: EventPayloads['step.undone']): Promise<void> {
    await this.flush();
    await this.step(position, { status: 'failed', error: error.error });
    this.emit('step.undone', error);
    await this.flush();
  }

  /**
   * The step is in. The count of done steps, the fence, the event and the audit row are written
   * together.
   */
  async stepCommitted(
    position: number,
    facts: { tag: string; durationMs: number; fenceHead: string | null; reconciled: boolean },
  ): Promise<void> {
    await this.flush();
    await inTransaction(this.ctx, async (tx) => {
      await this.hold(tx);
      await this.step(
        position,
        { status: 'committed', finishedAt: sql`clock_timestamp()`, error: null },
        tx,
      );
      await tx.db
        .update(rollbacks)
        .set({ stepsDone: sql`greatest(${rollbacks.stepsDone}, ${position + 1})` })
        .where(eq(rollbacks.id, this.key.rollbackId));
      if (facts.fenceHead !== null) await recordFence(tx, this.key, facts.fenceHead);
      if (!facts.reconciled) {
        await appendRunEvents(tx, this.key, [
          { kind: 'step.committed', payload: { position, durationMs: facts.durationMs } },
        ]);
      }
      await appendAudit(tx, {
        action: 'run.step',
        subject: rollbackLabel(this.key.rollbackId),
        target: this.key.target,
        outcome: 'done',
        payload: {
          position,
          migration: facts.tag,
          duration_ms: Math.round(facts.durationMs),
          ...(facts.reconciled ? { reconciled: true } : {}),
        },
      });
    });
  }

  async stepVerified(
    position: number,
    verification: StepVerification,
    durationMs: number,
  ): Promise<void> {
    await this.step(position, { verification });
    this.emit('step.verified', { position, verification, durationMs });
  }

  /** Ends the run and the rollback's running status, with the audit row. */
  async finish(end: {
    status: 'succeeded' | 'stopped' | 'unknown';
    outcome: Outcome;
    done: number;
    total: number;
    message: string;
  }): Promise<void> {
    await this.flush();
    await inTransaction(this.ctx, async (tx) => {
      await this.hold(tx);
      await tx.db
        .update(runs)
        // An unknown run stays open: it is finished when the target has answered.
        .set(
          end.status === 'unknown'
            ? { heartbeatAt: sql`clock_timestamp()` }
            : { state: 'finished', finishedAt: sql`clock_timestamp()` },
        )
        .where(this.owned());
      const { rollbackId } = this.key;
      await changeStatus(tx, rollbackId, ['running', 'unknown'], end.status, {
        outcome: end.outcome,
        outcomeMessage: end.message,
        stepsDone: end.done,
      });
      await appendRunEvents(tx, this.key, [{ kind: 'run.finished', payload: end }]);
      await appendAudit(tx, {
        action: 'run.finish',
        subject: rollbackLabel(rollbackId),
        target: this.key.target,
        outcome:
          end.status === 'unknown' ? 'unknown' : end.status === 'stopped' ? 'failed' : 'done',
        payload: { outcome: end.outcome, done: end.done, total: end.total, message: end.message },
      });
    });
  }

  /** Still no answer: the lease is renewed, so that the next look comes after it has lapsed. */
  async stayUnknown(message: string): Promise<void> {
    await this.heartbeat();
    await this.ctx.db
      .update(rollbacks)
      .set({
        outcomeMessage: `${message} Nothing more runs by itself; Backstep asks again every few seconds.`,
      })
      .where(and(eq(rollbacks.id, this.key.rollbackId), eq(rollbacks.status, 'unknown')));
  }

  /**
   * Keeps the run in this epoch until the transaction ends. The rollback is locked first, as everybody
   * does who asks for a stop: the other order would be a deadlock.
   */
  private async hold(tx: Ctx): Promise<void> {
    await tx.db
      .select({ id: rollbacks.id })
      .from(rollbacks)
      .where(eq(rollbacks.id, this.key.rollbackId))
      .for('update');
    const held = await tx.db
      .select({ id: runs.id })
      .from(runs)
      .where(this.owned())
      .for('no key update');
    if (held.length !== 1) throw new EpochLostError();
  }

  private owned() {
    return and(eq(runs.id, this.key.runId), eq(runs.epoch, this.key.epoch));
  }

  private async step(
    position: number,
    patch: {
      [K in keyof Partial<typeof rollbackSteps.$inferInsert>]:
        | (typeof rollbackSteps.$inferInsert)[K]
        | ReturnType<typeof sql>;
    },
    ctx: Pick<Ctx, 'db'> = this.ctx,
  ): Promise<void> {
    const rows = await ctx.db
      .update(rollbackSteps)
      .set(patch)
      .where(
        and(
          eq(rollbackSteps.rollbackId, this.key.rollbackId),
          eq(rollbackSteps.position, position),
          sql`EXISTS (SELECT FROM ${runs} r WHERE r.id = ${this.key.runId} AND r.epoch = ${this.key.epoch} AND r.state = 'running')`,
        ),
      )
      .returning({ position: rollbackSteps.position });
    if (rows.length !== 1) throw new EpochLostError();
  }
}

/** A later rollback's fence replaces the one that was up: there is one trigger on a target. */
async function recordFence(tx: Ctx, key: RunKey, headTag: string): Promise<void> {
  await tx.db
    .update(fences)
    .set({ releasedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(fences.target, key.target),
        sql`${fences.releasedAt} IS NULL`,
        sql`${fences.rollbackId} <> ${key.rollbackId}`,
      ),
    );
  const inserted = await tx.db
    .insert(fences)
    .values({ target: key.target, rollbackId: key.rollbackId, headTag })
    // Released after a stop, and up again with the resume.
    .onConflictDoUpdate({
      target: fences.rollbackId,
      set: {
        raisedAt: sql`clock_timestamp()`,
        releaseRequestedAt: null,
        releaseRequestedBy: null,
        releasedAt: null,
        releaseError: null,
      },
      setWhere: sql`${fences.releasedAt} IS NOT NULL`,
    })
    .returning({ id: fences.id });
  if (inserted.length === 0) return;
  await appendAudit(tx, {
    action: 'fence.raise',
    subject: rollbackLabel(key.rollbackId),
    target: key.target,
    outcome: 'done',
    payload: { head: headTag },
  });
}
