import { and, eq, sql } from 'drizzle-orm';
import { snapshotCatalog } from '@/lib/catalog';
import { type Ctx, loadFacts, type RollbackFacts, tables } from '@/lib/control';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { BackstepError } from '@/lib/core/errors';
import { rollbackLabel } from '@/lib/core/rollback';
import {
  rowsAfter,
  SessionLostError,
  StepUndoneError,
  type UndoneStep,
  undoStep,
} from '@/lib/undo';
import { stoppedEnd } from './ends';
import { HEARTBEAT_MS, LEASE_MS } from './lease';
import { watchLocks } from './lock-watch';
import { type PreflightDeps, preflight } from './preflight';
import { EpochLostError, RunRecord } from './run-record';
import { openRunSession, type RunSession } from './run-session';
import { settle } from './settle';
import { verifyStep } from './verify-step';

const { runs } = tables;

export interface RunDeps extends PreflightDeps {
  executorId: string;
  executorName: string;
  /** Aborted when the executor is asked to end: the run then ends after its current step. */
  signal?: AbortSignal;
  /** Waits before another attempt; a parameter so that tests need not wait. */
  pause?(ms: number): Promise<void>;
  /** How long a COMMIT waits for its record, with every lock of the step held. */
  recordPatienceMs?: number;
}

/** First pause before a step is tried again; doubled for each attempt, with jitter of half of it. */
const RETRY_PAUSE_MS = 2_000;

/**
 * Performs a queued run: one session, one transaction a step. Never throws for what can go wrong on
 * the target; the end is written down. A run that belongs to somebody else is left alone.
 */
export async function performRun(ctx: Ctx, runId: number, deps: RunDeps): Promise<void> {
  const claimed = await claim(ctx, runId, deps.executorId);
  if (!claimed) return;
  const facts = await loadFacts(ctx, claimed.rollbackId);
  const record = new RunRecord(ctx, { ...claimed, runId, target: facts.row.target });
  const run = new Run(ctx, facts, record, deps, claimed.epoch);
  try {
    await run.perform();
  } catch (cause) {
    // The owner that took over tells the end; this one must stay silent.
    if (!(cause instanceof EpochLostError)) throw cause;
  } finally {
    await run.close();
  }
}

async function claim(
  ctx: Ctx,
  runId: number,
  executorId: string,
): Promise<{ rollbackId: number; epoch: number } | undefined> {
  const [row] = await ctx.db
    .update(runs)
    .set({
      state: 'running',
      executorId,
      epoch: sql`${runs.epoch} + 1`,
      heartbeatAt: sql`clock_timestamp()`,
      startedAt: sql`clock_timestamp()`,
    })
    .where(and(eq(runs.id, runId), eq(runs.state, 'queued')))
    .returning({ rollbackId: runs.rollbackId, epoch: runs.epoch });
  return row;
}

class Run {
  private session: RunSession | undefined;
  private beat: NodeJS.Timeout | undefined;
  private asked = { stop: false, cancel: false };
  private lost: unknown;
  private readonly total: number;
  private done: number;
  private unverified = false;
  private closed = false;
  private readonly first: number;

  constructor(
    private readonly ctx: Ctx,
    private readonly facts: RollbackFacts,
    private readonly record: RunRecord,
    private readonly deps: RunDeps,
    private readonly epoch: number,
  ) {
    this.total = facts.row.stepsTotal;
    this.done = facts.row.stepsDone;
    this.first = facts.row.stepsDone;
    this.unverified = facts.steps.some(
      (step) => step.status === 'committed' && step.verification?.ok !== true,
    );
  }

  async perform(): Promise<void> {
    this.startHeartbeat();
    this.record.emit('run.started', {
      executor: this.deps.executorName,
      epoch: this.epoch,
      firstPosition: this.done,
      total: this.total,
    });
    let before: CatalogSnapshot;
    try {
      this.session = await openRunSession(this.facts.target, this.facts.row.id, this.epoch);
      before = await preflight(
        this.ctx,
        this.facts,
        this.session,
        this.deps,
        (name, ok, evidence) => this.record.emit('preflight.check', { name, ok, evidence }),
      );
    } catch (cause) {
      await this.record.flush();
      await this.stop(this.whyNotBegun(cause));
      return;
    }
    for (let position = this.done; position < this.total; position++) {
      // Asked anew, not remembered: a stop between two heartbeats counts before the next step.
      this.asked = await this.record.heartbeat();
      if (this.asked.stop || this.asked.cancel) {
        await this.stop('Stopped between two steps, as requested.');
        return;
      }
      if (this.deps.signal?.aborted) {
        await this.stop(
          'Stopped between two steps, because the executor is shutting down. Resume to go on.',
        );
        return;
      }
      const after = await this.step(this.session, position, before);
      if (!after) return;
      before = after;
    }
    await this.succeed(
      this.unverified
        ? `The database is at ${this.facts.row.plan.to.tag}, but its schema is not the rehearsed one. Compare the steps below before you deploy.`
        : `The database is at ${this.facts.row.plan.to.tag}.`,
    );
  }

  private async succeed(message: string): Promise<void> {
    await this.record.finish({
      status: 'succeeded',
      outcome: this.unverified ? 'changed_unverified' : 'changed_verified',
      done: this.total,
      total: this.total,
      message,
    });
  }

  /** @returns the schema after the step, or undefined when the run has ended in it */
  private async step(
    session: RunSession,
    position: number,
    before: CatalogSnapshot,
  ): Promise<CatalogSnapshot | undefined> {
    const { policy } = this.facts.target;
    for (let attempt = 1; ; attempt++) {
      try {
        const undone = await this.attempt(session, position, attempt);
        return await this.committed(session, position, undone, before);
      } catch (cause) {
        if (cause instanceof SessionLostError) {
          await this.sessionLost(position);
          return undefined;
        }
        if (!(cause instanceof StepUndoneError)) throw cause;
        if (cause.cause instanceof EpochLostError) throw cause.cause;
        const again = cause.retryable && !this.asked.cancel && attempt < policy.step_attempts;
        const pauseMs = again
          ? Math.round(RETRY_PAUSE_MS * 2 ** (attempt - 1) * (0.75 + Math.random() / 2))
          : null;
        await this.record.stepUndone(position, {
          position,
          error: cause.error,
          retryInMs: pauseMs,
        });
        if (pauseMs === null) {
          await this.stop(this.whyUndone(position, cause, attempt));
          return undefined;
        }
        await this.pause(pauseMs);
        if (this.lost) throw this.lost;
        if (this.asked.stop || this.asked.cancel) {
          await this.stop('Stopped between two attempts, as requested.');
          return undefined;
        }
        if (this.deps.signal?.aborted) {
          await this.stop(
            'Stopped between two attempts, because the executor is shutting down. Resume to go on.',
          );
          return undefined;
        }
      }
    }
  }

  private async attempt(
    session: RunSession,
    position: number,
    attempt: number,
  ): Promise<UndoneStep> {
    const { plan } = this.facts.row;
    const step = plan.steps[position];
    if (!step) throw new Error(`the plan has no step ${position}`);
    await this.record.stepRunning(position);
    this.record.emit('step.started', { position, tag: step.tag, attempt });
    let current: number | null = null;
    const endWatch = watchLocks(session, (blockers, queued) =>
      this.record.emit('lock.waiting', { position, index: current, blockers, queued }),
    );
    try {
      return await undoStep(session.client, {
        step,
        tracking: plan.tracking,
        expectedRows: rowsAfter(plan.rows, plan.steps, position),
        settings: session.settings,
        fence: this.raisesFence(position)
          ? { rollback: rollbackLabel(this.facts.row.id), head: plan.to.tag }
          : null,
        hooks: {
          statementStarted: (index) => {
            current = index;
            this.record.emit('statement.started', { position, index });
          },
          statementFinished: (index, durationMs, rows) =>
            this.record.emit('statement.finished', { position, index, durationMs, rows }),
          settingsReset: (names) => this.record.emit('setting.reset', { position, names }),
          trackingRemoved: (row, byScript) =>
            this.record.emit('tracking.removed', {
              position,
              rowId: row.id,
              hash: row.hash,
              byScript,
            }),
          fenceRaised: () => this.record.emit('fence.raised', { position, headTag: plan.to.tag }),
          beforeCommit: async (xid) => {
            if (this.lost) throw this.lost;
            if (this.asked.cancel) throw new Error('Cancelled before the step was committed.');
            await this.inTime(this.record.stepCommitting(position, xid));
          },
        },
      });
    } finally {
      endWatch();
    }
  }

  private async committed(
    session: RunSession,
    position: number,
    undone: UndoneStep,
    before: CatalogSnapshot,
  ): Promise<CatalogSnapshot | undefined> {
    const { plan } = this.facts.row;
    const step = plan.steps[position];
    await this.record.stepCommitted(position, {
      tag: step?.tag ?? '',
      durationMs: undone.durationMs,
      fenceHead: this.raisesFence(position) ? plan.to.tag : null,
      reconciled: false,
    });
    this.done = position + 1;
    const started = performance.now();
    let after: CatalogSnapshot;
    try {
      after = await this.snapshot(session);
    } catch (cause) {
      this.unverified = true;
      const why = `the schema after it could not be compared: ${(cause as Error).message}`;
      if (this.done === this.total) {
        await this.succeed(
          `The last step is committed and the database is at ${plan.to.tag}, but ${why}. Look at the schema before you deploy.`,
        );
      } else {
        await this.stop(`Step ${position + 1} is committed, but ${why}. Resume to go on.`);
      }
      return undefined;
    }
    const verification = verifyStep(
      before,
      after,
      this.facts.input.rehearsal?.result ?? null,
      position,
    );
    if (!verification.ok) this.unverified = true;
    await this.record.stepVerified(position, verification, performance.now() - started);
    if (!verification.ok && position + 1 < this.total) {
      await this.stop(
        `Step ${position + 1} is committed, but the schema after it is not the rehearsed one. Nothing more was undone: look at the difference first.`,
      );
      return undefined;
    }
    return after;
  }

  /**
   * The fence goes up with the first step of every run: after a stop it may have been released, or the
   * policy may not have asked for it.
   */
  private raisesFence(position: number): boolean {
    return this.facts.target.policy.fence && position === this.first;
  }

  /** A control database that hangs must not hold the application's tables locked. */
  private async inTime(work: Promise<void>): Promise<void> {
    const patienceMs = this.deps.recordPatienceMs ?? LEASE_MS;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error('The control database did not record the step in time.')),
        patienceMs,
      );
    });
    await Promise.race([work, late]).finally(() => clearTimeout(timer));
  }

  /** A cancel may hit the comparison instead of the step; the step is in, so it is compared again. */
  private async snapshot(session: RunSession): Promise<CatalogSnapshot> {
    const options = { tracking: this.facts.row.plan.tracking };
    try {
      return await snapshotCatalog(session.client, options);
    } catch {
      return await snapshotCatalog(session.client, options);
    }
  }

  /** Ends the orphan, asks the target, and tells what is true. */
  private async sessionLost(position: number): Promise<void> {
    this.record.emit('step.unknown', {
      position,
      message: 'The connection to the target was lost inside this step.',
    });
    await this.record.flush();
    await this.session?.close();
    await settle(this.ctx, this.facts.row.id, this.record);
  }

  private whyNotBegun(cause: unknown): string {
    if (cause instanceof BackstepError) return cause.message;
    if (this.asked.cancel) return 'Cancelled during the checks before the run.';
    return `The checks before the run failed: ${(cause as Error).message}`;
  }

  private whyUndone(position: number, cause: StepUndoneError, attempt: number): string {
    const tag = this.facts.row.plan.steps[position]?.tag ?? '';
    if (this.asked.cancel)
      return `Cancelled. The step of ${tag} was rolled back, so ${tag} is still applied.`;
    if (cause.retryable) {
      return `${tag} gave up after ${attempt} attempts: ${cause.error.message}. Its step was rolled back.`;
    }
    return `${tag} failed: ${cause.error.message}. Its step was rolled back.`;
  }

  private async stop(message: string): Promise<void> {
    await this.record.finish({ ...stoppedEnd(this.done, this.total), message });
  }

  private async pause(ms: number): Promise<void> {
    if (this.deps.pause) return this.deps.pause(ms);
    const until = performance.now() + ms;
    const called = () =>
      this.asked.cancel || this.asked.stop || this.lost || this.deps.signal?.aborted;
    while (performance.now() < until && !called()) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private startHeartbeat(): void {
    const tick = async () => {
      try {
        const asked = await this.record.heartbeat();
        const cancelled = asked.cancel && !this.asked.cancel;
        this.asked = asked;
        if (cancelled && this.session) {
          await this.session.watch.query('SELECT pg_catalog.pg_cancel_backend($1)', [
            this.session.pid,
          ]);
        }
      } catch (cause) {
        // A control database that is away shows at the next flush; a lost epoch ends the run here.
        if (cause instanceof EpochLostError) {
          this.lost = cause;
          return;
        }
      }
      // One that was under way at the end would keep the lease of a run that nobody performs.
      if (!this.closed) this.beat = setTimeout(tick, HEARTBEAT_MS);
    };
    this.beat = setTimeout(tick, HEARTBEAT_MS);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.beat);
    this.lost ??= new EpochLostError();
    await this.session?.close();
  }
}
