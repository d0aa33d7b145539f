import { and, desc, eq } from 'drizzle-orm';
import type pg from 'pg';
import { snapshotCatalog } from '@/lib/catalog';
import { type Ctx, type RollbackFacts, tables } from '@/lib/control';
import type { EventPayloads } from '@/lib/core/events';
import type { StepVerification } from '@/lib/core/evidence';
import { partsOf } from '@/lib/core/parts';
import { rollbackLabel } from '@/lib/core/rollback';
import { readRescueCopies } from '@/lib/rescue';
import { readFence } from '@/lib/target';
import type { Answer, Doubt } from './ask-target';
import { type Inside, type RunEnd, stoppedAt } from './ends';
import type { WithCommit } from './record-commit';
import type { RunRecord } from './run-record';
import { verifyStep } from './verify-step';

/** Writes down what the target has said of a run that broke off. */
export class Settled {
  private done: number;
  private partsDone: number;
  private fenceStands = false;
  private readonly verified = new Map<number, boolean>();

  constructor(
    private readonly ctx: Ctx,
    private readonly client: pg.Client,
    private readonly facts: RollbackFacts,
    private readonly record: RunRecord,
    private readonly doubt: Doubt,
  ) {
    this.done = facts.row.stepsDone;
    this.partsDone = doubt.partsDone;
    for (const { position, status, verification } of facts.steps) {
      if (status === 'committed') this.verified.set(position, verification?.ok === true);
    }
  }

  async write(answer: Extract<Answer, { known: true }>): Promise<void> {
    const came = await this.found(answer);
    if (answer.steps.length > 0) await this.stepsIn(answer.steps, came);
    else await this.stepNotIn(answer, came);
    await this.verifyLast();
    await this.record.finish(this.end(answer));
  }

  /** What stands on the target besides the schema. A fence by itself may be all that is there. */
  private async found({ steps, part }: Extract<Answer, { known: true }>): Promise<WithCommit> {
    const { plan } = this.facts.row;
    const label = rollbackLabel(this.facts.row.id);
    const fence = await readFence(this.client, plan.tracking);
    const headTag = plan.to.tag;
    const ours = fence?.rollback === label;
    this.fenceStands = ours;
    const changed = steps.length > 0 || part?.in === true;
    return {
      guard: ours
        ? { guard: { kind: 'trigger' }, headTag, found: true }
        : changed
          ? {
              guard: { kind: 'watch', why: 'No fence stood when the run was settled.' },
              headTag,
              found: true,
            }
          : null,
      rescues: this.facts.input.run?.rescue ? await readRescueCopies(this.client, label) : [],
    };
  }

  private async stepsIn(positions: readonly number[], came: WithCommit): Promise<void> {
    const { record } = this;
    const steps = positions.flatMap((position) => {
      const step = this.facts.row.plan.steps[position];
      if (!step) return [];
      const parts = partsOf(step.statements).length;
      return [{ position, tag: step.tag, durationMs: 0, parts }];
    });
    await record.stepsCommitted(steps, { ...came, reconciled: true });
    for (const { position, tag } of steps) {
      this.done = position + 1;
      this.partsDone = 0;
      this.verified.set(position, false);
      record.emit('run.reconciled', {
        position,
        committed: true,
        message: `${tag} was committed before the run broke off.`,
      });
    }
    // Of steps that were one transaction, each was compared before COMMIT.
    if (!this.doubt.allOrNothing) return;
    for (const [position, verification] of await this.comparedBefore()) {
      if (!positions.includes(position)) continue;
      record.stepVerified(position, verification, 0);
      this.verified.set(position, verification.ok);
    }
  }

  private async comparedBefore(): Promise<Map<number, StepVerification>> {
    const { rollbackEvents } = tables;
    const rows = await this.ctx.db
      .select({ payload: rollbackEvents.payload })
      .from(rollbackEvents)
      .where(
        and(
          eq(rollbackEvents.rollbackId, this.facts.row.id),
          eq(rollbackEvents.runId, this.record.key.runId),
          eq(rollbackEvents.kind, 'step.ready'),
        ),
      )
      .orderBy(desc(rollbackEvents.seq));
    const newest = new Map<number, StepVerification>();
    for (const { payload } of rows) {
      const { position, verification } = payload as EventPayloads['step.ready'];
      if (!newest.has(position)) newest.set(position, verification);
    }
    return newest;
  }

  private async stepNotIn(
    { part, probed }: Extract<Answer, { known: true }>,
    came: WithCommit,
  ): Promise<void> {
    const { record, facts, done } = this;
    const step = facts.row.plan.steps[done];
    if (step && part?.in) {
      const parts = partsOf(step.statements).length;
      await record.partCommitted(
        { position: done, tag: step.tag, part: part.index, parts, durationMs: 0 },
        { ...came, reconciled: true },
      );
      this.partsDone = part.index + 1;
    } else {
      await record.found(came);
    }
    if (probed) record.emit('statement.probed', { position: done, ...probed });
    if (step && facts.steps[done]?.status !== 'pending') {
      await record.stepOpen(done, { left: part?.left !== undefined });
    }
    const inside = this.partsDone > 0 || part?.left !== undefined;
    record.emit('run.reconciled', {
      position: step ? done : null,
      committed: step && !inside ? false : null,
      message: this.reconciledWords(step?.tag, inside),
    });
    if (this.doubt.allOrNothing) await this.restNotIn(done + 1);
  }

  /** The other steps of the one transaction that had begun. */
  private async restNotIn(from: number): Promise<void> {
    for (const { position, status, tag } of this.facts.steps) {
      if (position < from || status === 'pending') continue;
      await this.record.stepOpen(position, { left: false });
      this.record.emit('run.reconciled', {
        position,
        committed: false,
        message: `The step of ${tag} was rolled back with the others: ${tag} is still applied.`,
      });
    }
  }

  private reconciledWords(tag: string | undefined, inside: boolean): string {
    if (tag === undefined) return 'Every step was done when the run broke off.';
    return inside
      ? `The run broke off inside the step of ${tag}, which is still applied.`
      : `The step of ${tag} was rolled back when the run broke off: ${tag} is still applied.`;
  }

  /**
   * The schema is the one after the last step that is in, unless a later one has begun to change it. A
   * step is compared here whose executor died before it could.
   */
  private async verifyLast(): Promise<void> {
    const last = this.done - 1;
    const { plan } = this.facts.row;
    if (last < 0 || this.partsDone > 0) return;
    const known = this.facts.steps[last]?.verification ?? null;
    if (this.verified.get(last) === true || (known && this.done === this.facts.row.stepsDone))
      return;
    const after = await snapshotCatalog(this.client, { tracking: plan.tracking });
    const rehearsal = this.facts.input.rehearsal?.result ?? null;
    const verification = verifyStep(null, after, rehearsal, last);
    this.verified.set(last, verification.ok);
    this.record.stepVerified(last, verification, 0);
  }

  private end({ part }: Extract<Answer, { known: true }>): RunEnd {
    const { plan, stepsTotal } = this.facts.row;
    const { done } = this;
    if (done === stepsTotal) {
      const verified = [...this.verified.values()].every(Boolean);
      return {
        status: 'succeeded',
        outcome: verified ? 'changed_verified' : 'changed_unverified',
        done,
        total: stepsTotal,
        message: `The run broke off after its last step. The database is at ${plan.to.tag}.`,
      };
    }
    const at = done === 0 ? plan.from.tag : (plan.steps[done]?.tag ?? plan.from.tag);
    const inside = this.insideOf(part?.left);
    // In a step of parts the fence is in before the first of them.
    const fenced = done === 0 && !inside && this.fenceStands ? ' The fence is up already.' : '';
    return stoppedAt(
      done,
      stepsTotal,
      inside,
      `The run broke off and was looked into. The database is at ${at}, ${done} of ${stepsTotal} migrations undone.${fenced}${inside ? '' : ' Resume to go on, or leave it here.'}`,
    );
  }

  private insideOf(left: string | undefined): Inside | null {
    const step = this.facts.row.plan.steps[this.done];
    if (!step || (this.partsDone === 0 && left === undefined)) return null;
    return { step, partsDone: this.partsDone, left };
  }
}
