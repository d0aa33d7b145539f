import { and, eq, sql } from 'drizzle-orm';
import { appendAudit, historyUnwritable, refusedByHistory, tryHistorySql } from '@/lib/audit';
import {
  type Answer,
  appendRunEvents,
  type Ctx,
  changeStatus,
  executeTogether,
  inTransaction,
  type PendingEvent,
  tables,
  WITHOUT_WAITING,
} from '@/lib/control';
import type { EventKind, EventPayloads } from '@/lib/core/events';
import type { StepVerification } from '@/lib/core/evidence';
import { rollbackLabel } from '@/lib/core/rollback';
import type { RunEnd } from './ends';
import {
  assertHeld,
  assertPatched,
  EpochLostError,
  holdEpoch,
  holdEpochSql,
  ownedBy,
  patchStep,
  patchStepSql,
  type RunKey,
  type StepPatch,
  type StepProgress,
} from './epoch';
import {
  type CommittedPart,
  type CommittedStep,
  recordFound,
  recordPart,
  recordSteps,
  type WithCommit,
} from './record-commit';

export { EpochLostError, type RunKey } from './epoch';

const { rollbacks, runs } = tables;

/** What an intent, a commit or an end takes to the disk along with itself. */
const PROGRESS = { waitForDisk: false };

const RUNNING: StepPatch = {
  status: 'running',
  xid: null,
  startedAt: sql`clock_timestamp()`,
  finishedAt: null,
  error: null,
};

/** Nobody sees the difference, and a batch costs as much as an event. */
const GATHER_MS = 15;

/**
 * Everything that a run writes into the control database. Each write asks whether the run still
 * belongs to this epoch. Events are queued and written in order, in batches, so that a script's
 * statements do not wait for them; `flush` is awaited before every COMMIT on the target, so nothing
 * is committed that could not be recorded.
 */
export class RunRecord {
  private queue: PendingEvent[] = [];
  private hurry: () => void = () => undefined;
  private inHurry = false;
  private writing: Promise<void> | null = null;
  private beside: Promise<unknown> = Promise.resolve();
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
    this.inHurry = true;
    this.hurry();
    while (this.writing) await this.writing;
    this.inHurry = false;
    await this.beside;
    if (this.failure) throw this.failure;
  }

  private async drain(): Promise<void> {
    // Not before `writing` holds this promise: one that ended at once would be put there for ever.
    await Promise.resolve();
    try {
      while (this.queue.length > 0 && !this.failure) {
        await this.gather();
        const batch = this.queue.splice(0, 200);
        const written = await appendRunEvents(this.ctx, this.key, batch, { waitForDisk: false });
        if (!written) this.failure = new EpochLostError();
      }
    } catch (cause) {
      this.failure = cause;
    } finally {
      this.writing = null;
    }
  }

  /** Lets what is emitted within a moment go into one batch, unless somebody waits for it. */
  private async gather(): Promise<void> {
    if (this.inHurry) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.hurry = resolve;
      timer = setTimeout(resolve, GATHER_MS);
    });
    clearTimeout(timer);
  }

  /** Renews the lease and reads what people have asked for. @throws EpochLostError */
  async heartbeat(): Promise<{ stop: boolean; cancel: boolean }> {
    const [row] = await this.ctx.db
      .update(runs)
      .set({ heartbeatAt: sql`clock_timestamp()` })
      .where(ownedBy(this.key))
      .returning({
        stop: runs.stopRequestedBy,
        cancel: runs.cancelRequestedBy,
        waiting: WITHOUT_WAITING,
      });
    if (!row) throw new EpochLostError();
    return { stop: row.stop !== null, cancel: row.cancel !== null };
  }

  /** A step begins, or goes on. @returns how far it had come before */
  stepRunning(position: number): Promise<StepProgress> {
    return this.step(position, RUNNING, PROGRESS);
  }

  /**
   * The same of a step that is one transaction, and so has not come anywhere. Written beside its
   * statements; nothing is committed before.
   */
  stepRunningBeside(position: number): void {
    this.writeBeside(this.stepRunning(position));
  }

  /**
   * The intent, written before COMMIT is sent.
   * @param part null when the transaction is the whole step
   */
  async stepCommitting(position: number, xid: string, part: number | null = null): Promise<void> {
    this.emit('step.committing', { position, xid });
    await this.intend([position], { status: 'committing', xid, intentPart: part });
  }

  /** The same for steps that one transaction holds. */
  async chainCommitting(positions: readonly number[], xid: string): Promise<void> {
    for (const position of positions) this.emit('step.committing', { position, xid });
    await this.intend(positions, { status: 'committing', xid });
  }

  /** The intent, written before a statement is sent that no transaction takes back. */
  async statementIntent(position: number, part: number, index: number): Promise<void> {
    this.emit('statement.intent', { position, index });
    await this.intend([position], { xid: null, intentPart: part });
  }

  /**
   * What was being done is undone.
   * @param left something half done has stayed behind: the intent stays as well, so that the next run
   *   looks for it
   */
  async stepUndone(
    position: number,
    error: EventPayloads['step.undone'],
    { left }: { left: boolean } = { left: false },
  ): Promise<void> {
    await this.flush();
    await this.step(position, {
      status: 'failed',
      error: error.error,
      xid: null,
      ...(left ? {} : { intentPart: null }),
    });
    this.emit('step.undone', error);
    await this.flush();
  }

  /** @throws EpochLostError */
  async stepsCommitted(
    steps: readonly CommittedStep[],
    more: WithCommit & { reconciled: boolean },
  ): Promise<void> {
    await this.flush();
    await recordSteps(this.ctx, this.key, steps, more);
  }

  /** @throws EpochLostError */
  async partCommitted(
    part: CommittedPart,
    more: WithCommit & { reconciled: boolean },
  ): Promise<void> {
    await this.flush();
    await recordPart(this.ctx, this.key, part, more);
  }

  /** Guard and copies that stand on the target by themselves. @throws EpochLostError */
  async found(what: WithCommit): Promise<void> {
    await this.flush();
    await recordFound(this.ctx, this.key, what);
  }

  /** A settled step that is not in, or only with some of its parts. @throws EpochLostError */
  async stepOpen(position: number, { left }: { left: boolean }): Promise<void> {
    await this.step(position, {
      status: 'failed',
      xid: null,
      ...(left ? {} : { intentPart: null }),
    });
  }

  /** Written beside what comes next. */
  stepVerified(position: number, verification: StepVerification, durationMs: number): void {
    this.writeBeside(this.step(position, { verification }, PROGRESS));
    this.emit('step.verified', { position, verification, durationMs });
  }

  /** The next `flush` waits for it, and tells what went wrong. */
  private writeBeside(work: Promise<unknown>): void {
    const written = work.catch((cause: unknown) => {
      this.failure ??= cause;
    });
    this.beside = Promise.all([this.beside, written]);
  }

  /** Ends the run and the rollback's running status, with the audit row. */
  async finish(end: RunEnd): Promise<void> {
    await this.flush();
    await inTransaction(this.ctx, async (tx) => {
      await holdEpoch(tx, this.key);
      await tx.db
        .update(runs)
        // An unknown run stays open: it is finished when the target has answered.
        .set(
          end.status === 'unknown'
            ? { heartbeatAt: sql`clock_timestamp()` }
            : { state: 'finished', finishedAt: sql`clock_timestamp()` },
        )
        .where(ownedBy(this.key));
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
   * The last record before something is final: without it, and without a history, nothing is sent. One
   * message, as locks of the target are held meanwhile.
   */
  private async intend(positions: readonly number[], patch: StepPatch): Promise<void> {
    await this.flush();
    const patches = positions.map((position) => patchStepSql(this.ctx, this.key, position, patch));
    let answers: Answer[];
    try {
      const history = tryHistorySql({ action: 'run.step', outcome: 'done' });
      answers = await executeTogether(this.ctx, [...holdEpochSql(this.key), ...patches, history]);
    } catch (cause) {
      throw refusedByHistory(cause) ? historyUnwritable(cause) : cause;
    }
    const [rollback, run, ...rest] = answers;
    assertHeld([rollback, run]);
    assertPatched(rest.slice(0, patches.length));
  }

  private step(
    position: number,
    patch: StepPatch,
    how?: { waitForDisk: boolean },
  ): Promise<StepProgress> {
    return patchStep(this.ctx, this.key, position, patch, how);
  }
}
