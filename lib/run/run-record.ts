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
  type Asked,
  askedOf,
  assertHeld,
  assertPatched,
  holdEpoch,
  holdEpochSql,
  ownedBy,
  patchStep,
  patchStepSql,
  type RunKey,
  type StepPatch,
  type StepProgress,
} from './epoch';
import { ProgressQueue } from './progress-queue';
import {
  type CommittedPart,
  type CommittedStep,
  recordFound,
  recordPart,
  recordStep,
  recordSteps,
  type WithCommit,
} from './record-commit';

export { type Asked, EpochLostError, type RunKey } from './epoch';

const { rollbacks, runs } = tables;

const ASKED = { stop: runs.stopRequestedBy, cancel: runs.cancelRequestedBy };

/**
 * An intent that was begun beside the script counts for this long. It has also asked whether the run is
 * still ours and the history can be written, and both are asked anew before a later COMMIT. Nobody takes a
 * run over before its lease of seconds has lapsed.
 */
const INTENT_COUNTS_MS = 100;

const RUNNING: StepPatch = {
  status: 'running',
  xid: null,
  startedAt: sql`clock_timestamp()`,
  finishedAt: null,
  error: null,
};

const committing = (xid: string): StepPatch => ({ status: 'committing', xid, intentPart: null });

/**
 * Everything that a run writes into the control database. Each write asks whether the run still
 * belongs to this epoch. Events are queued and written in order, in batches, so that neither a
 * script's statements nor its COMMIT wait for them; what COMMIT waits for is the intent, so nothing is
 * committed that nobody would know of. A step that is in may be written down beside the next
 * one's statements; whatever is told after it is written after it.
 */
export class RunRecord {
  private readonly progress: ProgressQueue;
  /** The record of a step that is in, while it is being written. */
  private recording: Promise<unknown> = Promise.resolve();
  /** The intent of the step whose script is running. */
  private beside: { xid: string; begunAt: number; written: Promise<void> } | null = null;

  constructor(
    private readonly ctx: Ctx,
    readonly key: RunKey,
  ) {
    this.progress = new ProgressQueue(ctx, key);
  }

  emit<K extends EventKind>(kind: K, payload: EventPayloads[K]): void {
    this.progress.add({ event: { kind, payload } as PendingEvent });
  }

  /** Waits until everything so far is written. @throws EpochLostError, or the database's error */
  flush(): Promise<void> {
    return this.progress.flush();
  }

  /** Reads what people have asked for. It waits for no record that is being written. @throws EpochLostError */
  async asked(): Promise<Asked> {
    const [row] = await this.ctx.db.select(ASKED).from(runs).where(ownedBy(this.key));
    return askedOf(row);
  }

  /** The same, and renews the lease. @throws EpochLostError */
  async heartbeat(): Promise<Asked> {
    const [row] = await this.ctx.db
      .update(runs)
      .set({ heartbeatAt: sql`clock_timestamp()` })
      .where(ownedBy(this.key))
      .returning({ ...ASKED, waiting: WITHOUT_WAITING });
    return askedOf(row);
  }

  /** A step begins, or goes on. @returns how far it had come before */
  async stepRunning(position: number): Promise<StepProgress> {
    await this.recording;
    return patchStep(this.ctx, this.key, position, RUNNING, { waitForDisk: false });
  }

  /**
   * The same of a step that is one transaction, and so has not come anywhere. Written beside its
   * statements; nothing is committed before.
   */
  stepRunningBeside(position: number): void {
    this.patchBeside(position, RUNNING);
  }

  /**
   * Begins to write the intent of a step that is one transaction, beside its script: a script is mostly
   * over before the disk has it. `stepCommitting` waits for it.
   */
  stepCommittingBeside(position: number, xid: string): void {
    const written = this.intend([position], committing(xid));
    // Told to whoever is about to send COMMIT; a script that fails has nothing to send.
    written.catch(() => undefined);
    this.beside = { xid, begunAt: performance.now(), written };
  }

  /**
   * The intent, on the disk before COMMIT is sent.
   * @param part null when the transaction is the whole step
   */
  async stepCommitting(position: number, xid: string, part: number | null = null): Promise<void> {
    const { beside } = this;
    this.beside = null;
    this.emit('step.committing', { position, xid });
    if (beside?.xid === xid) {
      await beside.written;
      if (performance.now() - beside.begunAt < INTENT_COUNTS_MS) return;
    }
    await this.intend([position], { ...committing(xid), intentPart: part });
  }

  /** The same for steps that one transaction holds. */
  async chainCommitting(positions: readonly number[], xid: string): Promise<void> {
    for (const position of positions) this.emit('step.committing', { position, xid });
    await this.intend(positions, committing(xid));
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

  /**
   * The same, without waiting until it is written. Until then the step's intent tells what to ask the
   * target, should this process end; nothing more is committed there before.
   * @returns what people have asked for; known before all of it is written
   */
  stepCommittedBeside(step: CommittedStep): { asked: Promise<Asked> } {
    const asked = new Promise<Asked>((resolve, reject) => {
      this.recording = this.progress.handOver((carried) =>
        recordStep(this.ctx, this.key, step, carried, resolve),
      );
      this.recording.catch(reject);
    });
    asked.catch(() => undefined);
    this.progress.follow(this.recording);
    return { asked };
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
    this.patchBeside(position, { verification });
    this.emit('step.verified', { position, verification, durationMs });
  }

  private patchBeside(position: number, patch: StepPatch): void {
    this.progress.add({ patch: patchStepSql(this.ctx, this.key, position, patch) });
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
  private intend(positions: readonly number[], patch: StepPatch): Promise<void> {
    const patches = positions.map((position) => patchStepSql(this.ctx, this.key, position, patch));
    return this.progress.handOver(async (carried) => {
      let answers: Answer[];
      try {
        answers = await executeTogether(this.ctx, [
          ...holdEpochSql(this.key),
          ...carried.statements,
          ...patches,
          tryHistorySql({ action: 'run.step', outcome: 'done' }),
        ]);
      } catch (cause) {
        throw refusedByHistory(cause) ? historyUnwritable(cause) : cause;
      }
      const [rollback, run, ...rest] = answers;
      assertHeld([rollback, run]);
      carried.assertWritten(rest.slice(0, carried.statements.length));
      assertPatched(rest.slice(carried.statements.length, -1));
    });
  }

  private async step(position: number, patch: StepPatch): Promise<void> {
    await patchStep(this.ctx, this.key, position, patch);
  }
}
