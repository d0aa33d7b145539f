import { type SQL, sql } from 'drizzle-orm';
import { type AuditInput, appendAudit, appendAuditSql, chainEndSql } from '@/lib/audit';
import {
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
import type { Carried } from './progress-queue';
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
    const recording = [...holdEpochSql(key), ...recordSql(tx, key, steps, { reconciled })];
    const [rollback, run, ...recorded] = await executeTogether(tx, recording);
    assertHeld([rollback, run]);
    assertPatched(recorded.slice(0, steps.length));
    await recordRescues(tx, key, rescues);
    for (const step of steps) await appendAudit(tx, auditOf(key, step, { reconciled }));
  });
}

/**
 * The same of a step that brings nothing with it, in two messages.
 * @param carried what waits to be written before it
 * @param hear told what people have asked of the run, between the two
 * @throws EpochLostError
 */
export async function recordStep(
  ctx: Ctx,
  key: RunKey,
  step: CommittedStep,
  carried: Carried,
  hear: (asked: Asked) => void,
): Promise<void> {
  const how = { reconciled: false };
  const held = holdEpochSql(key);
  const recording = recordSql(ctx, key, [step], how);
  const first = [...held, ...carried.statements, ...recording, ...chainEndSql()];
  await transactTogether(ctx, first, (answers) => {
    assertHeld(answers);
    hear(askedIn(answers));
    const rest = answers.slice(held.length);
    carried.assertWritten(rest.slice(0, carried.statements.length));
    const recorded = rest.slice(carried.statements.length);
    assertPatched(recorded.slice(0, 1));
    return [appendAuditSql(ctx, recorded.slice(recording.length), auditOf(key, step, how))];
  });
}

/** In a transaction that holds the epoch. The first answers are those to the steps' own changes. */
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
