import { setTimeout as wait } from 'node:timers/promises';
import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import { isConnectionFault, redact, SQLSTATE, sqlstateOf } from '@/lib/target';
import { SessionLostError } from '@/lib/undo';
import { takeServerTurn } from './server-turn';
import { testOnCopy } from './test-on-copy';
import type { StoredBytes, TestRestoreDeps } from './test-restore-deps';
import { TestRestoreProgress } from './test-restore-progress';
import {
  type ClaimedTestRestore,
  claimTestRestore,
  finishTestRestore,
  recordWaiting,
  type TestRestoreEnding,
} from './test-restore-record';

export type PerformedTestRestore = TestRestoreEnding['state'] | 'waiting' | 'not_claimed';

/**
 * A control database that restarts must not cost a restore of hours: its end is written again, at
 * growing intervals, for about half a minute.
 */
const FINISH_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000];

const INTERRUPTED = 'Backstep was stopped during this test restore. Test the backup again.';

/**
 * Restores a backup into a database of its own on the scratch server and compares it with its manifest;
 * with a rollback, the planned chain is rehearsed on the copy, on real rows. The copy is dropped whatever
 * happens. One at a time: while another one goes on, this one stays in the queue and says so.
 * @throws a fault that nobody foresaw, after it was recorded; when the end can't be recorded, why
 */
export async function performTestRestore(
  ctx: Ctx,
  input: { testRestoreId: number },
  deps: TestRestoreDeps,
): Promise<PerformedTestRestore> {
  const { testRestoreId } = input;
  // Without the server there is no turn to take; the attempt then fails with its own sentence.
  const turn = await takeServerTurn(deps.scratchUrl).catch(() => async () => undefined);
  try {
    const claim = turn
      ? await claimTestRestore(ctx, testRestoreId, deps.executorId)
      : { waitsFor: 'a test restore that goes on there already' };
    if (!claim) return 'not_claimed';
    if ('waitsFor' in claim) {
      await recordWaiting(ctx, testRestoreId, claim.waitsFor);
      return 'waiting';
    }
    return await performClaimed(ctx, claim, deps);
  } finally {
    await turn?.();
  }
}

async function performClaimed(
  ctx: Ctx,
  claim: ClaimedTestRestore,
  deps: TestRestoreDeps,
): Promise<PerformedTestRestore> {
  // Aborts this one alone, when another executor has declared it interrupted.
  const lost = new AbortController();
  const signal = AbortSignal.any([deps.signal, lost.signal]);
  const progress = new TestRestoreProgress(ctx, claim, () => lost.abort());
  let ending: TestRestoreEnding;
  let fault: unknown;
  try {
    ending = await perform(ctx, claim, { ...deps, signal }, progress);
  } catch (error) {
    const refusal = signal.aborted ? INTERRUPTED : refusalOf(error);
    fault = refusal === undefined ? error : undefined;
    ending = {
      state: signal.aborted ? 'interrupted' : 'failed',
      check: null,
      rehearsal: null,
      message: withoutSecrets(
        ctx,
        claim,
        deps,
        refusal ?? `The test restore failed: ${String(error)}`,
      ),
    };
  }
  await progress.settled();
  const recorded = await finishPersistently(ctx, claim, ending);
  if (fault !== undefined) throw fault;
  return recorded ? ending.state : 'interrupted';
}

async function perform(
  ctx: Ctx,
  claim: ClaimedTestRestore,
  deps: TestRestoreDeps,
  progress: TestRestoreProgress,
): Promise<TestRestoreEnding> {
  const { rollback, backup } = claim;
  if (rollback && !rollback.planIsCurrent) {
    return {
      state: 'interrupted',
      check: null,
      rehearsal: null,
      message: `The plan was pinned again before this test began. Test ${backup.label} again.`,
    };
  }
  const { check, rehearsal } = await testOnCopy(
    ctx,
    { claim, target: targetOf(ctx, claim), bytes: bytesOf(claim) },
    deps,
    progress,
  );
  if (!check.ok) return { state: 'failed', check, rehearsal: null, message: check.message };
  const restored = `${backup.label} is restored: ${check.message}`;
  return {
    state: 'passed',
    check,
    rehearsal,
    message: rehearsal ? `${restored} ${rehearsal.message}` : restored,
  };
}

/** @throws BackstepError `restore_failed` for a backup that says too little of itself, or is gone */
function bytesOf({ backup }: ClaimedTestRestore): StoredBytes {
  const { label, location, manifest, stored, state, prunedAt, method } = backup;
  const refuse = (why: string) => new BackstepError('restore_failed', why);
  if (prunedAt !== null) throw refuse(`${label} has been pruned. Take another.`);
  if (method !== 'pg_dump')
    throw refuse(`${label} is by ${method}: only what Backstep dumped can be restored to test it.`);
  if (state !== 'passed' || location === null || manifest === null)
    throw refuse(`${label} is not a confirmed backup. Take another.`);
  if (manifest.rows === undefined)
    throw refuse(
      `${label} was taken by an older Backstep: its manifest has no row counts to compare with. Take another.`,
    );
  return { location, manifest, stored };
}

/** @throws BackstepError `config_invalid` */
function targetOf(ctx: Ctx, claim: ClaimedTestRestore): TargetConfig {
  const target = ctx.config.targets.find(({ name }) => name === claim.target);
  if (target) return target;
  throw new BackstepError(
    'config_invalid',
    `The target '${claim.target}' is no longer in ${ctx.config.path}. Put it back, then test the backup again.`,
  );
}

async function finishPersistently(
  ctx: Ctx,
  claim: ClaimedTestRestore,
  ending: TestRestoreEnding,
): Promise<boolean> {
  for (const delay of FINISH_DELAYS_MS) {
    try {
      return await finishTestRestore(ctx, claim, ending);
    } catch {
      await wait(delay);
    }
  }
  return finishTestRestore(ctx, claim, ending);
}

/** What a person can act on; undefined for a fault of our own. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof BackstepError) return error.message;
  if (error instanceof SessionLostError || isConnectionFault(error))
    return 'The connection to the scratch server was lost. Test the backup again.';
  if (sqlstateOf(error) === SQLSTATE.diskFull)
    return 'The scratch server’s disk is full. Free some space there, then test the backup again.';
  return undefined;
}

function withoutSecrets(
  ctx: Ctx,
  claim: ClaimedTestRestore,
  deps: TestRestoreDeps,
  text: string,
): string {
  const target = ctx.config.targets.find(({ name }) => name === claim.target);
  return redact(text, [deps.scratchUrl, ...(target ? [target.url, target.readUrl] : [])]);
}
