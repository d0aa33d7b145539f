import { snapshotCatalog } from '@/lib/catalog';
import { allOrNothingOffer } from '@/lib/core/all-or-nothing';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { StepVerification } from '@/lib/core/evidence';
import { refusal, rowsAfter, type StepUndoneError, type UndoneChain, undoChain } from '@/lib/undo';
import { inAttempts } from './attempts';
import type { KeptCopy } from './record-rescues';
import type { Performed, Running } from './running';
import { type At, stepHooks, watched } from './step-hooks';
import { verifyStep } from './verify-step';

/** Why what is left of the plan may not be one transaction; null when it may. */
export function notOneTransaction(run: Running): string | null {
  const { offered, reason } = allOrNothingOffer(
    run.facts.row.plan,
    run.done,
    run.facts.input.rehearsal?.result ?? null,
  );
  if (offered) return null;
  return `What is left can’t run in one transaction. ${reason ?? ''} Run it step by step.`;
}

interface PerformedChain {
  chain: UndoneChain;
  verifications: ReadonlyMap<number, StepVerification>;
  kept: KeptCopy[];
}

/**
 * Performs what is left of the plan in one transaction. Each step is compared with the rehearsal before
 * COMMIT, and a difference undoes all of them: afterwards all steps are in and verified, or none.
 */
export async function performChain(
  run: Running,
  before: CatalogSnapshot,
): Promise<Performed<CatalogSnapshot | null>> {
  const performed = await inAttempts(run, {
    position: run.done,
    try: (attempt) => attemptChain(run, before, attempt),
    undone: async (cause, event) => {
      for (let position = run.done; position < event.position; position++) {
        await run.record.stepUndone(position, {
          position,
          error: {
            sqlstate: event.error.sqlstate,
            message: `Undone together with the step of ${run.stepAt(event.position).tag}.`,
          },
          retryInMs: event.retryInMs,
        });
      }
      await run.record.stepUndone(event.position, { ...event, error: cause.error });
    },
    why: (cause, attempt) => whyUndone(run, cause, attempt),
    inside: () => null,
  });
  if (!('done' in performed)) return performed;
  await recordChain(run, performed.done);
  run.done = run.total;
  return { done: null };
}

async function attemptChain(
  run: Running,
  before: CatalogSnapshot,
  attempt: number,
): Promise<PerformedChain> {
  const { plan } = run.facts.row;
  const { record } = run;
  const steps = plan.steps.slice(run.done);
  const positions = steps.map(({ position }) => position);
  const rehearsal = run.facts.input.rehearsal?.result ?? null;
  const verifications = new Map<number, StepVerification>();
  const kept: KeptCopy[] = [];
  const at: At = { position: run.done, index: null };
  let last = before;
  const chain = await watched(run, at, () =>
    undoChain(run.session.client, {
      steps,
      tracking: plan.tracking,
      expectedRows: rowsAfter(plan.rows, plan.steps, run.done),
      settings: run.session.settings,
      fence: run.fenceToRaise(),
      hooksOf: () => stepHooks(run, at, kept),
      stepStarted: async ({ position, tag }) => {
        Object.assign(at, { position, index: null });
        await record.stepRunning(position);
        record.emit('step.started', { position, tag, attempt });
      },
      stepReady: async ({ position, tag }, durationMs) => {
        const after = await snapshotCatalog(run.session.client, {
          tracking: plan.tracking,
          inTransaction: true,
        });
        const verification = verifyStep(last, after, rehearsal, position);
        verifications.set(position, verification);
        record.emit('step.ready', { position, durationMs, verification });
        if (!verification.ok) {
          throw refusal(`the schema after ${tag} is not the rehearsed one`);
        }
        last = after;
      },
      beforeCommit: async (xid) => {
        run.assertMayCommit();
        await run.inTime(record.chainCommitting(positions, xid));
      },
    }),
  );
  return { chain, verifications, kept };
}

async function recordChain(
  run: Running,
  { chain, verifications, kept }: PerformedChain,
): Promise<void> {
  const steps = chain.steps.map(({ position, durationMs }) => ({
    position,
    tag: run.stepAt(position).tag,
    durationMs,
    parts: 1,
  }));
  await run.record.stepsCommitted(steps, {
    guard: run.guardToRecord(),
    rescues: kept,
    reconciled: false,
  });
  run.guardRecorded();
  for (const [position, verification] of verifications) {
    run.record.stepVerified(position, verification, 0);
  }
}

function whyUndone(run: Running, cause: StepUndoneError, attempt: number): string {
  const undone = 'The whole transaction was rolled back, so that nothing of this run is in.';
  const { tag } = run.stepAt(cause.position ?? run.done);
  if (run.beat.asked.cancel) return `Cancelled. ${undone}`;
  return cause.retryable
    ? `${tag} gave up after ${attempt === 1 ? 'one attempt' : `${attempt} attempts`}: ${cause.error.message}. ${undone}`
    : `${tag} failed: ${cause.error.message}. ${undone}`;
}
