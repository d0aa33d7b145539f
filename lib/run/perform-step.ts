import type { CatalogSnapshot } from '@/lib/core/catalog';
import { type Part, partsOf } from '@/lib/core/parts';
import type { PlanStep } from '@/lib/core/plan';
import { rowsAfter, type StepUndoneError, type UndonePart, undoPart } from '@/lib/undo';
import { inAttempts } from './attempts';
import { compareStep } from './compare-step';
import type { Inside } from './ends';
import type { KeptCopy } from './record-rescues';
import type { Performed, Running } from './running';
import { type At, stepHooks, watched } from './step-hooks';

/**
 * Performs one step, or what is left of it: each of its parts until it is in, then the comparison with
 * what was rehearsed.
 * @param before the live schema before the step; null when parts of it were in already
 */
export async function performStep(
  run: Running,
  position: number,
  before: CatalogSnapshot | null,
): Promise<Performed<CatalogSnapshot>> {
  const performed = await new StepRun(run, position).perform();
  if (!('done' in performed)) return performed;
  return compareStep(run, position, performed.done.fresh ? before : null);
}

class StepRun {
  private readonly step: PlanStep;
  private readonly parts: Part[];
  private partsDone = 0;
  /** The part that runs alone and was sent, with nobody knowing what became of it. */
  private sent: number | null = null;
  private left: string | undefined;
  private durationMs = 0;
  private started = false;

  constructor(
    private readonly run: Running,
    private readonly position: number,
  ) {
    this.step = run.stepAt(position);
    this.parts = partsOf(this.step.statements);
  }

  /** @returns whether all of the step was done now */
  async perform(): Promise<Performed<{ fresh: boolean }>> {
    const { run, position } = this;
    const begun = await this.begin();
    this.partsDone = begun.partsDone;
    this.sent = begun.intentPart;
    const fresh = begun.partsDone === 0 && begun.intentPart === null;
    for (const part of this.parts.slice(begun.partsDone)) {
      if (part.index > begun.partsDone) {
        const { cancel } = await run.beat.ask();
        // Asked to stop, the run goes to the end of the step; a cancel or a shutdown can't wait as long.
        const called = cancel || run.deps.signal?.aborted ? run.called('inside of a step') : null;
        if (called) return run.stop(called, this.inside());
      }
      const attempted = await this.attempt(part);
      if (!('done' in attempted)) return attempted;
    }
    run.done = position + 1;
    return { done: { fresh } };
  }

  private async begin(): Promise<{ partsDone: number; intentPart: number | null }> {
    const { run, position } = this;
    if (this.parts.length > 1) return run.record.stepRunning(position);
    run.record.stepRunningBeside(position);
    return { partsDone: 0, intentPart: null };
  }

  private attempt(part: Part): Promise<Performed<void>> {
    return inAttempts(this.run, {
      position: this.position,
      try: (attempt) => this.try(part, attempt),
      undone: async (cause, event) => {
        this.left = cause.left;
        const stays = cause.left !== undefined;
        if (!stays) this.sent = null;
        await this.run.record.stepUndone(this.position, event, { left: stays });
      },
      why: (cause, attempt) => this.why(part, cause, attempt),
      inside: () => this.inside(),
    });
  }

  private async try(part: Part, attempt: number): Promise<void> {
    const { run, position, step } = this;
    if (attempt > 1) await run.record.stepRunning(position);
    // A part that is tried again leaves those before it as they are.
    if (!this.started || (attempt > 1 && this.partsDone === 0)) {
      run.record.emit('step.started', { position, tag: step.tag, attempt });
    }
    this.started = true;
    const at: At = { position, index: null };
    const kept: KeptCopy[] = [];
    const undone = await watched(run, at, () => this.undo(part, at, kept));
    this.durationMs += undone.durationMs;
    await this.committed(part, undone, kept);
  }

  private undo(part: Part, at: At, kept: KeptCopy[]): Promise<UndonePart> {
    const { run, position, step } = this;
    const { plan } = run.facts.row;
    const whole = this.parts.length === 1;
    return undoPart(
      run.session.client,
      {
        step,
        tracking: plan.tracking,
        expectedRows: rowsAfter(plan.rows, plan.steps, position),
        settings: run.session.settings,
        fence: run.fenceToRaise(),
        hooks: {
          ...stepHooks(run, at, kept),
          ...(whole && { begun: (xid: string) => run.record.stepCommittingBeside(position, xid) }),
          beforeCommit: async (xid) => {
            run.assertMayCommit();
            await run.inTime(run.record.stepCommitting(position, xid, whole ? null : part.index));
          },
          fenceCommitted: async () => {
            await run.record.found({ guard: run.guardToRecord(), rescues: [] });
            run.guardRecorded();
          },
          beforeAlone: async (statement) => {
            run.assertMayCommit();
            await run.inTime(run.record.statementIntent(position, part.index, statement.index));
            this.sent = part.index;
          },
          probed: (statement, { found, message }) =>
            run.record.emit('statement.probed', {
              position,
              index: statement.index,
              found,
              message,
            }),
        },
      },
      part,
      { sentBefore: this.sent === part.index },
    );
  }

  private async committed(part: Part, undone: UndonePart, kept: KeptCopy[]): Promise<void> {
    const { run, position, step } = this;
    const parts = this.parts.length;
    const more = { guard: run.guardToRecord(), rescues: kept, reconciled: false };
    if (part.index === parts - 1) {
      const { durationMs } = this;
      const done = { position, tag: step.tag, durationMs, parts };
      // The target is looked at while the step is written down.
      run.session.schema.readAhead({ whole: position + 1 === run.total });
      if (more.guard || kept.length > 0) {
        await run.record.stepsCommitted([done], more);
        run.beat.askAhead(run.record.asked());
      } else {
        run.beat.askAhead(run.record.stepCommittedBeside(done).asked);
      }
    } else {
      const { durationMs } = undone;
      const done = { position, tag: step.tag, part: part.index, parts, durationMs };
      await run.record.partCommitted(done, more);
    }
    run.guardRecorded();
    this.partsDone = part.index + 1;
    this.sent = null;
    this.left = undefined;
  }

  private inside(): Inside {
    return { step: this.step, partsDone: this.partsDone, left: this.left };
  }

  private why(part: Part, cause: StepUndoneError, attempt: number): string {
    const { tag } = this.step;
    const { message } = cause.error;
    const whole = this.parts.length === 1;
    const undone = whole
      ? 'Its step was rolled back.'
      : part.transactional
        ? 'What was under way was rolled back.'
        : 'The statement that failed runs outside of a transaction.';
    if (this.run.beat.asked.cancel) {
      return whole
        ? `Cancelled. The step of ${tag} was rolled back, so ${tag} is still applied.`
        : `Cancelled inside the step of ${tag}, which is still applied. ${undone}`;
    }
    return cause.retryable
      ? `${tag} gave up after ${attempt === 1 ? 'one attempt' : `${attempt} attempts`}: ${message}. ${undone}`
      : `${tag} failed: ${message}. ${undone}`;
  }
}
