import { type SQL, sql } from 'drizzle-orm';
import { type AuditInput, appendAudit, appendAuditSql, chainEndSql } from '@/lib/audit';
import {
  type Answer,
  appendRunEvents,
  type Ctx,
  executeTogether,
  inTransaction,
  runEventsSql,
  tables,
  transactTogether,
} from '@/lib/control';
import { rollbackLabel } from '@/lib/core/rollback';
import {
  type Asked,
  askedIn,
  assertHeld,
  assertPatched,
  holdEpoch,
  holdEpochSql,
  patchStep,
  patchStepSql,
  type RunKey,
} from './epoch';
import { recordGuard, type StandingGuard } from './record-guard';
import { type KeptCopy, recordRescues } from './record-rescues';

const { rollbacks } = tables;

/** What came into being with a commit, besides the step itself. */
export interface WithCommit {
  guard: StandingGuard | null;
  rescues: readonly KeptCopy[];
}

export interface CommittedStep {
  position: number;
  tag: string;
  durationMs: number;
  /** Of the step; all of them are in. */
  parts: number;
}

/**
 * Steps are in: one, or all that one transaction held. The count of done steps, what stands guard, the
 * rescue copies, the events and the audit rows are written together.
 * @param reconciled nobody saw the answer to COMMIT; the target was asked afterwards
 * @throws EpochLostError
 */
export async function recordSteps(
  ctx: Ctx,
  key: RunKey,
  steps: readonly CommittedStep[],
  { guard, rescues, reconciled }: WithCommit & { reconciled: boolean },
): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    if (guard) {
      await holdEpoch(tx, key);
      await recordGuard(tx, key, guard);
    }
    assertRecorded(await executeTogether(tx, recordSql(tx, key, steps, { reconciled })), steps);
    await recordRescues(tx, key, rescues);
    for (const step of steps) await appendAudit(tx, auditOf(key, step, { reconciled }));
  });
}

/**
 * The same of a step that brings nothing with it, in two messages.
 * @param hear told what people have asked of the run, between the two
 * @throws EpochLostError
 */
export async function recordStep(
  ctx: Ctx,
  key: RunKey,
  step: CommittedStep,
  hear: (asked: Asked) => void,
): Promise<void> {
  const how = { reconciled: false };
  const recording = recordSql(ctx, key, [step], how);
  await transactTogether(ctx, [...recording, ...chainEndSql()], (answers) => {
    assertRecorded(answers, [step]);
    hear(askedIn(answers));
    return [appendAuditSql(ctx, answers.slice(recording.length), auditOf(key, step, how))];
  });
}

function recordSql(
  ctx: Ctx,
  key: RunKey,
  steps: readonly CommittedStep[],
  { reconciled }: { reconciled: boolean },
): SQL[] {
  const done = Math.max(...steps.map(({ position }) => position + 1));
  const events = steps.map(({ position, durationMs }) => ({
    kind: 'step.committed' as const,
    payload: { position, durationMs },
  }));
  return [
    ...holdEpochSql(key),
    ...steps.map(({ position, parts }) =>
      patchStepSql(ctx, key, position, {
        status: 'committed',
        partsDone: parts,
        intentPart: null,
        finishedAt: sql`clock_timestamp()`,
        error: null,
      }),
    ),
    sql`UPDATE ${rollbacks} SET steps_done = greatest(steps_done, ${done}) WHERE id = ${key.rollbackId}`,
    ...(reconciled ? [] : [runEventsSql(key, events)]),
  ];
}

/** @throws EpochLostError */
function assertRecorded(answers: readonly Answer[], steps: readonly CommittedStep[]): void {
  assertHeld(answers);
  assertPatched(answers.slice(2, 2 + steps.length));
}

function auditOf(
  key: RunKey,
  { position, tag, durationMs }: CommittedStep,
  { reconciled }: { reconciled: boolean },
): AuditInput {
  return {
    action: 'run.step',
    subject: rollbackLabel(key.rollbackId),
    target: key.target,
    outcome: 'done',
    payload: {
      position,
      migration: tag,
      duration_ms: Math.round(durationMs),
      ...(reconciled ? { reconciled: true } : {}),
    },
  };
}

export interface CommittedPart {
  position: number;
  tag: string;
  part: number;
  parts: number;
  durationMs: number;
}

/**
 * A part of a step is in for good, and more are to come. Written as a step is.
 * @throws EpochLostError
 */
export async function recordPart(
  ctx: Ctx,
  key: RunKey,
  { position, tag, part, parts, durationMs }: CommittedPart,
  { guard, rescues, reconciled }: WithCommit & { reconciled: boolean },
): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    await holdEpoch(tx, key);
    await patchStep(tx, key, position, {
      partsDone: part + 1,
      intentPart: null,
      xid: null,
      ...(reconciled ? {} : { status: 'running' as const }),
    });
    if (guard) await recordGuard(tx, key, guard);
    await recordRescues(tx, key, rescues);
    await appendRunEvents(tx, key, [
      { kind: 'part.committed', payload: { position, part, parts, durationMs } },
    ]);
    await appendAudit(tx, {
      action: 'run.part',
      subject: rollbackLabel(key.rollbackId),
      target: key.target,
      outcome: 'done',
      payload: {
        position,
        migration: tag,
        part: part + 1,
        parts,
        duration_ms: Math.round(durationMs),
        ...(reconciled ? { reconciled: true } : {}),
      },
    });
  });
}

/** Guard or copies that are there without a step or part that could bring them. @throws EpochLostError */
export async function recordFound(
  ctx: Ctx,
  key: RunKey,
  { guard, rescues }: WithCommit,
): Promise<void> {
  if (!guard && rescues.length === 0) return;
  await inTransaction(ctx, async (tx) => {
    await holdEpoch(tx, key);
    if (guard) await recordGuard(tx, key, guard);
    await recordRescues(tx, key, rescues);
  });
}
