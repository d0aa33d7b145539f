import { and, eq, sql } from 'drizzle-orm';
import { type Ctx, loadFacts, type RollbackFacts, tables } from '@/lib/control';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { BackstepError } from '@/lib/core/errors';
import { isInside } from '@/lib/core/parts';
import { endLostSession } from './end-session';
import { leftInside, type RunEnd, stoppedAt } from './ends';
import { Heartbeat } from './heartbeat';
import { notOneTransaction, performChain } from './perform-chain';
import { performStep } from './perform-step';
import { preflight } from './preflight';
import { EpochLostError, RunRecord } from './run-record';
import { openRunSession, type RunSession } from './run-session';
import { type RunDeps, Running } from './running';

export type { RunDeps } from './running';

const { runs } = tables;

/** A run as its executor has claimed it. */
interface Claimed {
  rollbackId: number;
  epoch: number;
  allOrNothing: boolean;
  rescue: boolean;
}

/**
 * Performs a queued run: one session; a transaction for each step, or one for all of them. Never throws
 * for what can go wrong on the target; the end is written down. A run that belongs to somebody else is
 * left alone.
 */
export async function performRun(ctx: Ctx, runId: number, deps: RunDeps): Promise<void> {
  const claimed = await claim(ctx, runId, deps.executorId);
  if (!claimed) return;
  const facts = await loadFacts(ctx, claimed.rollbackId);
  const record = new RunRecord(ctx, { ...claimed, runId, target: facts.row.target });
  const run = new Run(ctx, facts, record, deps, claimed);
  try {
    const end = await run.perform();
    if (end) await record.finish(end);
  } catch (cause) {
    // The owner that took over tells the end; this one must stay silent.
    if (!(cause instanceof EpochLostError)) throw cause;
  } finally {
    await run.close();
  }
}

async function claim(ctx: Ctx, runId: number, executorId: string): Promise<Claimed | undefined> {
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
    .returning({
      rollbackId: runs.rollbackId,
      epoch: runs.epoch,
      allOrNothing: runs.allOrNothing,
      rescue: runs.rescue,
    });
  return row;
}

class Run {
  private session: RunSession | undefined;
  private readonly beat: Heartbeat;

  constructor(
    private readonly ctx: Ctx,
    private readonly facts: RollbackFacts,
    private readonly record: RunRecord,
    private readonly deps: RunDeps,
    private readonly claimed: Claimed,
  ) {
    this.beat = new Heartbeat(record, async () => this.session?.watch.cancel());
  }

  /** @returns how it ends; undefined when the end is written down already */
  async perform(): Promise<RunEnd | undefined> {
    this.beat.start();
    const { stepsDone, stepsTotal } = this.facts.row;
    this.record.emit('run.started', {
      executor: this.deps.executorName,
      epoch: this.claimed.epoch,
      firstPosition: stepsDone,
      total: stepsTotal,
    });
    let begun: { run: Running; before: CatalogSnapshot };
    try {
      begun = await this.begin();
    } catch (cause) {
      if (cause instanceof EpochLostError) throw cause;
      await this.record.flush();
      if (this.session && !(cause instanceof BackstepError))
        await endLostSession(this.facts.target, this.session, this.facts.row.id);
      const inside = leftInside(this.facts, stepsDone);
      return stoppedAt(stepsDone, stepsTotal, inside, this.whyNotBegun(cause));
    }
    return this.claimed.allOrNothing
      ? await this.whole(begun.run, begun.before)
      : await this.stepByStep(begun.run, begun.before);
  }

  /** @throws BackstepError when a check before the run says no */
  private async begin(): Promise<{ run: Running; before: CatalogSnapshot }> {
    const { ctx, facts, record, deps, beat, claimed } = this;
    this.session = await openRunSession(ctx, facts.target, facts.row.id, claimed.epoch);
    const tell = (name: string, ok: boolean, evidence: string) =>
      record.emit('preflight.check', { name, ok, evidence });
    const { before, guard } = await preflight(ctx, facts, this.session, deps, {
      tell,
      stillOurs: () => beat.ask(),
    });
    const run = new Running(ctx, facts, record, deps, beat, this.session, guard, claimed.rescue);
    if (claimed.allOrNothing) {
      const problem = notOneTransaction(run);
      tell('One transaction', problem === null, problem ?? 'short enough, and all of it can be');
      if (problem !== null) throw new BackstepError('preflight_failed', problem);
    }
    return { run, before };
  }

  private async whole(run: Running, before: CatalogSnapshot): Promise<RunEnd | undefined> {
    const called = await this.calledBeforeStep(run);
    if (called) return called;
    const outcome = await performChain(run, before);
    if ('settled' in outcome) return undefined;
    return 'end' in outcome ? outcome.end : this.succeeded(run);
  }

  private async stepByStep(
    run: Running,
    schemaBefore: CatalogSnapshot,
  ): Promise<RunEnd | undefined> {
    // A step that was left in the middle: nobody knows the schema before it any more.
    let before = isInside(this.facts.steps[run.done]) ? null : schemaBefore;
    for (let position = run.done; position < run.total; position++) {
      const called = await this.calledBeforeStep(run);
      if (called) return called;
      const outcome = await performStep(run, position, before);
      if ('settled' in outcome) return undefined;
      if ('end' in outcome) return outcome.end;
      before = outcome.done;
    }
    return this.succeeded(run);
  }

  /** Asked anew, not remembered: a stop between two heartbeats counts before the next step. */
  private async calledBeforeStep(run: Running): Promise<RunEnd | undefined> {
    await this.beat.ask();
    const called = run.called('between two steps');
    return called ? run.stop(called, leftInside(run.facts, run.done)).end : undefined;
  }

  private succeeded(run: Running): RunEnd {
    const { tag } = this.facts.row.plan.to;
    return {
      status: 'succeeded',
      outcome: run.unverified ? 'changed_unverified' : 'changed_verified',
      done: run.total,
      total: run.total,
      message: run.unverified
        ? `The database is at ${tag}, but its schema is not the rehearsed one. Compare the steps below before you deploy.`
        : `The database is at ${tag}.`,
    };
  }

  private whyNotBegun(cause: unknown): string {
    if (cause instanceof BackstepError) return cause.message;
    if (this.beat.asked.cancel) return 'Cancelled during the checks before the run.';
    return `The checks before the run failed: ${(cause as Error).message}`;
  }

  async close(): Promise<void> {
    this.beat.close();
    await this.session?.close();
  }
}
