import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { findTarget } from '@/lib/config';
import type { Ctx } from '@/lib/control';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import type { MigrationList } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import { PROOF_VERSION } from '@/lib/core/proof-key';
import { proveTarget, readBootstrap } from '@/lib/proof';
import { checkDatabaseName, checkDrift, refuseOwnServer } from '@/lib/scratch';
import { redact } from '@/lib/target';
import { readTargetState } from './read-target-state';
import { type ClaimedCheck, claimCheck, writeCheck } from './target-checks';

export interface CheckDeps {
  executorId: string;
  /** A server on which databases may be made and dropped. */
  scratchUrl: string;
  /** Aborted when the executor shuts down. */
  signal: AbortSignal;
}

const PROGRESS_EVERY_MS = 500;
/**
 * A control database that restarts must not leave a check 'running' under an executor that lives: no other
 * one of the target would ever be made.
 */
const FINISH_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000];

/**
 * Looks at a target without a rollback: compares its live schema with the replayed files, and makes
 * the round trips of its scripts that have not been made yet. The target is only read.
 * @throws a fault that nobody foresaw, after it was recorded
 */
export async function performCheck(
  ctx: Ctx,
  input: { checkId: number },
  deps: CheckDeps,
): Promise<'passed' | 'failed' | 'interrupted' | 'not_claimed'> {
  const claim = await claimCheck(ctx, input.checkId, deps.executorId);
  if (!claim) return 'not_claimed';
  try {
    await look(ctx, claim, deps);
    await finish(ctx, claim, 'passed', null);
    return 'passed';
  } catch (error) {
    if (deps.signal.aborted) {
      await finish(ctx, claim, 'interrupted', 'Backstep was stopped during this check.');
      return 'interrupted';
    }
    const target = ctx.config.targets.find(({ name }) => name === claim.target);
    const secrets = [deps.scratchUrl, ...(target ? [target.url, target.readUrl] : [])];
    const message = error instanceof Error ? error.message : String(error);
    await finish(ctx, claim, 'failed', redact(message, secrets));
    if (!(error instanceof BackstepError)) throw error;
    return 'failed';
  }
}

async function look(ctx: Ctx, claim: ClaimedCheck, deps: CheckDeps): Promise<void> {
  const target = findTarget(ctx.config, claim.target);
  const progress = progressOf(ctx, claim);
  await progress('Reading the target', 0, 1);
  const { list, identity } = await readTargetState(target);
  await refuseOwnServer(deps.scratchUrl, target, identity.systemIdentifier);
  const bootstrap = await readBootstrap(target);
  const name = await checkDatabaseName(ctx, claim.id);
  await writeCheck(ctx, claim, { content: contentOf(target, list, bootstrap?.sha256) });
  await progress('Comparing the live schema with the files', 0, 1);
  const drift = await checkDrift(target, {
    list,
    scratchUrl: deps.scratchUrl,
    name,
    serverVersionNum: identity.serverVersionNum,
    signal: deps.signal,
    ...(bootstrap && { bootstrap: bootstrap.sql }),
  });
  await writeCheck(ctx, claim, { drift });
  await progress('Proving scripts', 0, 1);
  await proveTarget(ctx, target, list, identity.serverVersionNum, {
    scratchUrl: deps.scratchUrl,
    databasePrefix: `${name}_proof`,
    signal: deps.signal,
    onProgress: (done, total) => void progress('Proving scripts', done, total),
  });
}

/** Progress is for watching only: written now and then, and never in the way. */
function progressOf(ctx: Ctx, claim: ClaimedCheck) {
  let phaseShown = '';
  let writtenAt = 0;
  return async (phase: string, done: number, total: number): Promise<void> => {
    if (phase === phaseShown && performance.now() - writtenAt < PROGRESS_EVERY_MS) return;
    phaseShown = phase;
    writtenAt = performance.now();
    await writeCheck(ctx, claim, { progress: { phase, done, total } }).catch(() => undefined);
  };
}

async function finish(
  ctx: Ctx,
  claim: ClaimedCheck,
  state: 'passed' | 'failed' | 'interrupted',
  error: string | null,
): Promise<void> {
  const end = { state, error, progress: null, finishedAt: sql`clock_timestamp()` };
  for (const delay of FINISH_DELAYS_MS) {
    try {
      await writeCheck(ctx, claim, end);
      return;
    } catch {
      await wait(delay);
    }
  }
  await writeCheck(ctx, claim, end);
}

/**
 * A hash of everything that a check looks at in files and tracking rows: while it is the same, only
 * the live schema can have changed.
 */
export function contentOf(
  target: TargetConfig,
  list: MigrationList,
  bootstrapSha256: string | undefined,
): string {
  return sha256Hex(
    canonicalJson({
      version: PROOF_VERSION,
      tracking: target.tracking,
      bootstrap: bootstrapSha256 ?? null,
      rows: list.rows.map((row) => [row.id, row.hash, row.createdAt]),
      entries: list.entries.map(({ key, file, rollback, candidates }) => [
        key,
        file?.hash ?? null,
        rollback?.sha256 ?? null,
        candidates.map((candidate) => candidate.file.sha256),
      ]),
    }),
  );
}
