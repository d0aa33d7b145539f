import { setTimeout as wait } from 'node:timers/promises';
import { diffCatalogs, fingerprint, snapshotCatalog } from '@/lib/catalog';
import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { RehearsalResult, RehearsedStep } from '@/lib/core/evidence';
import type { TargetConfig } from '@/lib/core/policy';
import { closeTarget, isConnectionFault, redact } from '@/lib/target';
import { SessionLostError } from '@/lib/undo';
import { type LiveSchema, readLiveSchema } from './read-live-schema';
import { RehearsalProgress } from './rehearsal-progress';
import {
  type ClaimedRehearsal,
  claimRehearsal,
  finishRehearsal,
  type RehearsalEnding,
} from './rehearsal-record';
import { rehearseSteps } from './rehearse-steps';
import { replay } from './replay';
import { createScratchDatabase, type ScratchDatabase } from './scratch-database';

export interface RehearsalDeps {
  executorId: string;
  /** A server on which databases may be made and dropped. */
  scratchUrl: string;
  /** Aborted when the executor shuts down. */
  signal: AbortSignal;
}

export type PerformedRehearsal = RehearsalEnding['state'] | 'not_claimed';

/**
 * A control database that restarts must not leave a rehearsal 'running' for ever under an executor
 * that lives: its end is written again, at growing intervals, for about half a minute.
 */
const FINISH_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000];

const INTERRUPTED = 'Backstep was stopped during this rehearsal. Rehearse again.';

/**
 * Rehearses a pinned plan: the migrations are replayed on a scratch database, which is compared with
 * the live schema, and each step is undone there by the code that the run uses. The live database is
 * only read. The scratch database is dropped whatever happens.
 * @throws a fault that nobody foresaw, after it was recorded; when the end can't be recorded, why
 */
export async function rehearse(
  ctx: Ctx,
  input: { rehearsalId: number },
  deps: RehearsalDeps,
): Promise<PerformedRehearsal> {
  const claim = await claimRehearsal(ctx, input.rehearsalId, deps.executorId);
  if (!claim) return 'not_claimed';
  // Aborts this rehearsal alone, when another executor has declared it interrupted.
  const lost = new AbortController();
  const signal = AbortSignal.any([deps.signal, lost.signal]);
  const progress = new RehearsalProgress(ctx, claim, () => lost.abort());
  let ending: RehearsalEnding;
  let fault: unknown;
  try {
    ending = await perform(ctx, claim, { ...deps, signal }, progress);
  } catch (error) {
    const refusal = signal.aborted ? INTERRUPTED : refusalOf(error);
    fault = refusal === undefined ? error : undefined;
    ending = {
      state: signal.aborted ? 'interrupted' : 'failed',
      result: null,
      message: withoutSecrets(
        ctx,
        claim,
        deps,
        refusal ?? `The rehearsal failed: ${String(error)}`,
      ),
    };
  }
  const recorded = await finishPersistently(ctx, claim, ending);
  if (fault !== undefined) throw fault;
  return recorded ? ending.state : 'interrupted';
}

async function finishPersistently(
  ctx: Ctx,
  claim: ClaimedRehearsal,
  ending: RehearsalEnding,
): Promise<boolean> {
  for (const delay of FINISH_DELAYS_MS) {
    try {
      return await finishRehearsal(ctx, claim, ending);
    } catch {
      await wait(delay);
    }
  }
  return finishRehearsal(ctx, claim, ending);
}

async function perform(
  ctx: Ctx,
  claim: ClaimedRehearsal,
  deps: RehearsalDeps,
  progress: RehearsalProgress,
): Promise<RehearsalEnding> {
  if (!claim.planIsCurrent) {
    return {
      state: 'interrupted',
      result: null,
      message: 'The plan was pinned again before this rehearsal began.',
    };
  }
  const started = performance.now();
  const { plan } = claim;
  const target = targetOf(ctx, claim);
  await progress.begin('Reading the live schema', 1);
  const live = await readLiveSchema(target, `backstep rehearsal ${claim.id}`);
  deps.signal.throwIfAborted();
  const scratch = await createScratchDatabase(
    ctx,
    deps.scratchUrl,
    claim.id,
    plan.database.serverVersionNum,
  );
  // Dropping the database ends whatever is running in it: there is no shorter way out.
  const abort = () => void scratch.drop().catch(() => undefined);
  deps.signal.addEventListener('abort', abort, { once: true });
  try {
    deps.signal.throwIfAborted();
    const result = await rehearseOn(scratch, { claim, target, live, started }, progress);
    return conclude(claim, result);
  } finally {
    deps.signal.removeEventListener('abort', abort);
    // Failing to drop says nothing about the plan; what stays is found by `dropOrphanedScratch`.
    await scratch.drop().catch(() => undefined);
  }
}

async function rehearseOn(
  scratch: ScratchDatabase,
  input: {
    claim: ClaimedRehearsal;
    target: TargetConfig;
    live: LiveSchema;
    started: number;
  },
  progress: RehearsalProgress,
): Promise<RehearsalResult> {
  const { live, target } = input;
  const { plan } = input.claim;
  const client = await scratch.connect();
  try {
    await progress.begin('Replaying migrations', plan.replay.length);
    const replayStarted = performance.now();
    await replay(client, {
      plan,
      migrationsFolder: target.migrations,
      statementTimeoutMs: target.policy.statement_timeout_ms,
      searchPath: live.searchPath,
      onProgress: (done) => progress.advance(done),
    });
    const replayMs = performance.now() - replayStarted;
    const before = await snapshotCatalog(client, { tracking: plan.tracking });
    await progress.begin('Undoing migrations', plan.steps.length);
    const steps = await rehearseSteps(client, {
      plan,
      policy: target.policy,
      searchPath: live.searchPath,
      before,
      onProgress: (done) => progress.advance(done),
    });
    return {
      mode: 'replay',
      serverVersionNum: before.serverVersionNum,
      objectsCompared: new Set([
        ...Object.keys(before.objects),
        ...Object.keys(live.catalog.objects),
      ]).size,
      fingerprintBefore: fingerprint(before),
      drift: diffCatalogs(before, live.catalog),
      steps,
      replayMs,
      totalMs: performance.now() - input.started,
    };
  } finally {
    await closeTarget(client);
  }
}

function conclude(claim: ClaimedRehearsal, result: RehearsalResult): RehearsalEnding {
  const failed = result.steps.find((step) => step.error);
  if (failed) return { state: 'failed', result, message: failureOf(failed) };
  const count = claim.plan.steps.length;
  const drift =
    result.drift.length === 0
      ? 'no drift'
      : `the live schema differs from the files in ${result.drift.length} ${result.drift.length === 1 ? 'object' : 'objects'}`;
  return {
    state: 'passed',
    result,
    message: `${count} of ${count} migrations undone on a scratch database, ${drift}.`,
  };
}

function failureOf({ tag, error }: RehearsedStep): string {
  if (!error) return `The rollback of ${tag} failed.`;
  const place =
    error.statementIndex === undefined
      ? ''
      : ` at statement ${error.statementIndex + 1}${error.line === undefined ? '' : `, line ${error.line}`}`;
  return `The rollback of ${tag} fails${place}: ${error.message} (${error.sqlstate}). Mend the script, then pin the plan again.`;
}

function targetOf(ctx: Ctx, claim: ClaimedRehearsal): TargetConfig {
  const target = ctx.config.targets.find(({ name }) => name === claim.target);
  if (target) return target;
  throw new BackstepError(
    'config_invalid',
    `The target '${claim.target}' is no longer in ${ctx.config.path}. Put it back, then rehearse again.`,
  );
}

/** What a person can act on; undefined for a fault of our own. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof BackstepError) return error.message;
  // Connections to the target give a refusal of their own, so that this one was the scratch server's.
  if (error instanceof SessionLostError || isConnectionFault(error))
    return 'The connection to the scratch server was lost. Rehearse again.';
  return undefined;
}

function withoutSecrets(
  ctx: Ctx,
  claim: ClaimedRehearsal,
  deps: RehearsalDeps,
  text: string,
): string {
  const target = ctx.config.targets.find(({ name }) => name === claim.target);
  return redact(text, [deps.scratchUrl, ...(target ? [target.url, target.readUrl] : [])]);
}
