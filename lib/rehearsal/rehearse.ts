import { setTimeout as wait } from 'node:timers/promises';
import { fingerprint } from '@/lib/catalog';
import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { RehearsalResult, RehearsedStep } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import { rollbackLabel } from '@/lib/core/rollback';
import { readBootstrap } from '@/lib/proof/store';
import {
  type FindTool,
  type LiveSchema,
  readLiveSchema,
  refuseOwnServer,
  rehearsalDatabaseName,
} from '@/lib/scratch';
import { isConnectionFault, redact } from '@/lib/target';
import { SessionLostError } from '@/lib/undo';
import { lookFurther, type ProveSteps } from './look-further';
import { type Ground, objects, onGround } from './rehearsal-ground';
import { RehearsalProgress } from './rehearsal-progress';
import {
  type ClaimedRehearsal,
  claimRehearsal,
  finishRehearsal,
  type RehearsalEnding,
} from './rehearsal-record';
import { rehearseSteps } from './rehearse-steps';

export interface RehearsalDeps {
  executorId: string;
  /** A server on which databases may be made and dropped. */
  scratchUrl: string;
  /** Aborted when the executor shuts down. */
  signal: AbortSignal;
  /** Finds a client program that is not older than the server; throws with a remedy. */
  findTool: FindTool;
  /** The proofs of a plan's scripts: those that are kept, and the others made now. */
  proveSteps: ProveSteps;
}

export type PerformedRehearsal = RehearsalEnding['state'] | 'not_claimed';

/**
 * A control database that restarts must not leave a rehearsal 'running' for ever under an executor
 * that lives: its end is written again, at growing intervals, for about half a minute.
 */
const FINISH_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000];

const INTERRUPTED = 'Backstep was stopped during this rehearsal. Rehearse again.';

/**
 * Rehearses a pinned plan: the migrations are replayed on a scratch database, or the live schema is
 * copied to it where the files tell another story, and each step is undone there by the code that the
 * run uses. Then the scripts are proven and the live database is asked what would be lost; it is only
 * read. The scratch databases are dropped whatever happens.
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
  const applicationName = `backstep rehearsal ${claim.id}`;
  await refuseOwnServer(deps.scratchUrl, target, plan.database.systemIdentifier);
  const bootstrap = await readBootstrap(target);
  await progress.begin('Reading the live schema', 1);
  const live = await readLiveSchema(target, applicationName);
  deps.signal.throwIfAborted();
  const name = await rehearsalDatabaseName(ctx, claim.id);
  const onScratch = await onGround(
    {
      ...deps,
      plan,
      target,
      live,
      bootstrap: bootstrap?.sql,
      name,
      clientTools: ctx.config.clientTools,
      applicationName,
    },
    progress,
    (ground) =>
      undoOn(ground, { rollback: rollbackLabel(claim.rollbackId), plan, target, live }, progress),
  );
  deps.signal.throwIfAborted();
  const { proofs, impact } = await lookFurther(
    ctx,
    { plan, target, steps: onScratch.steps },
    { ...deps, databasePrefix: `${name}_proof` },
    progress,
  );
  return conclude(claim, {
    ...onScratch,
    proofs,
    impact,
    totalMs: performance.now() - started,
  });
}

async function undoOn(
  ground: Ground,
  {
    rollback,
    plan,
    target,
    live,
  }: { rollback: string; plan: Plan; target: TargetConfig; live: LiveSchema },
  progress: RehearsalProgress,
): Promise<Omit<RehearsalResult, 'proofs' | 'impact' | 'totalMs'>> {
  const { client, before: found, inLiveWords, ...facts } = ground;
  const before = inLiveWords(found);
  await progress.begin('Undoing migrations', plan.steps.length);
  const remarks = [...facts.remarks];
  const steps = await rehearseSteps(client, {
    rollback,
    plan,
    policy: target.policy,
    searchPath: live.searchPath,
    before,
    inLiveWords,
    onProgress: (done) => progress.advance(done),
    onRemark: (remark) => remarks.push(remark),
  });
  return {
    ...facts,
    remarks,
    serverVersionNum: before.serverVersionNum,
    fingerprintBefore: fingerprint(before),
    steps,
  };
}

function conclude(claim: ClaimedRehearsal, result: RehearsalResult): RehearsalEnding {
  const failed = result.steps.find((step) => step.error);
  if (failed) return { state: 'failed', result, message: failureOf(failed) };
  const count = claim.plan.steps.length;
  return {
    state: 'passed',
    result,
    message: `${count} of ${count} migrations undone on ${groundOf(result)}.`,
  };
}

function groundOf({ mode, drift }: RehearsalResult): string {
  const differs = `differs from the files in ${objects(drift)}`;
  if (mode === 'clone') {
    return drift.length === 0
      ? 'a copy of the live schema, as the files do not apply to an empty database'
      : `a copy of the live schema, which ${differs}`;
  }
  return `a scratch database, ${drift.length === 0 ? 'no drift' : `the live schema ${differs}`}`;
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
