import type { Ctx, RollbackFacts } from '@/lib/control';
import type { PlanStep } from '@/lib/core/plan';
import { rollbackLabel } from '@/lib/core/rollback';
import type { FenceToRaise } from '@/lib/undo';
import { type Inside, type RunEnd, stoppedAt } from './ends';
import type { Heartbeat } from './heartbeat';
import { LEASE_MS } from './lease';
import type { PreflightDeps } from './preflight';
import type { StandingGuard } from './record-guard';
import type { Guard } from './rights';
import type { RunRecord } from './run-record';
import type { RunSession } from './run-session';

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

/** What a piece of a run comes to: it goes on, it ends here, or it has been settled with the target. */
export type Performed<T> = { done: T } | { end: RunEnd } | { settled: true };

/** A run that goes on, as its steps see it. */
export class Running {
  /** Steps that are in. */
  done: number;
  readonly total: number;
  /** A step is in whose schema nobody could hold against the rehearsed one. */
  unverified: boolean;
  private guardStands = false;

  constructor(
    readonly ctx: Ctx,
    readonly facts: RollbackFacts,
    readonly record: RunRecord,
    readonly deps: RunDeps,
    readonly beat: Heartbeat,
    readonly session: RunSession,
    private readonly guard: Guard,
    /** Copy what the scripts destroy first. */
    readonly rescues: boolean,
  ) {
    this.done = facts.row.stepsDone;
    this.total = facts.row.stepsTotal;
    this.unverified = facts.steps.some(
      (step) => step.status === 'committed' && step.verification?.ok !== true,
    );
  }

  get label(): string {
    return rollbackLabel(this.facts.row.id);
  }

  stepAt(position: number): PlanStep {
    const step = this.facts.row.plan.steps[position];
    if (!step) throw new Error(`the plan has no step ${position}`);
    return step;
  }

  /**
   * The fence goes up with the first transaction of every run: after a stop it may have been released,
   * or the policy may not have asked for it.
   */
  fenceToRaise(): FenceToRaise | null {
    if (this.guardStands || this.guard.kind !== 'trigger') return null;
    return { rollback: this.label, head: this.facts.row.plan.to.tag };
  }

  /** What to write down with a commit of what stands guard; null when it is written down already. */
  guardToRecord(): StandingGuard | null {
    if (this.guardStands) return null;
    return { guard: this.guard, headTag: this.facts.row.plan.to.tag, found: false };
  }

  guardRecorded(): void {
    this.guardStands = true;
  }

  stop(message: string, inside: Inside | null = null): { end: RunEnd } {
    return { end: stoppedAt(this.done, this.total, inside, message) };
  }

  /** Why the run may not go on now; null when it may. */
  called(where: string): string | null {
    if (this.beat.asked.stop || this.beat.asked.cancel) return `Stopped ${where}, as requested.`;
    if (this.deps.signal?.aborted)
      return `Stopped ${where}, because the executor is shutting down. Resume to go on.`;
    return null;
  }

  /** A control database that hangs must not hold the application's tables locked. */
  async inTime(work: Promise<void>): Promise<void> {
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

  /** @throws to undo what is under way, rather than send the next statement */
  assertMayGoOn(): void {
    this.beat.assertOurs();
    if (this.beat.asked.cancel) throw new Error('Cancelled between two statements.');
  }

  /** The last question before something on the target becomes final. @throws to undo it instead */
  assertMayCommit(): void {
    this.beat.assertOurs();
    if (this.beat.asked.cancel) throw new Error('Cancelled before the step was committed.');
  }
}
