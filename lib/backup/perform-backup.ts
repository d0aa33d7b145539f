import { setTimeout as wait } from 'node:timers/promises';
import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { isConnectionFault, redact, targetUnreachable } from '@/lib/target';
import { quarantine } from './backup-folder';
import {
  type BackupEnding,
  type ClaimedBackup,
  claimBackup,
  finishBackup,
  isFinishedAs,
} from './backup-record';
import type { DumpAttempt, DumpTools } from './dump-job';
import { takeDump } from './take-dump';

export interface BackupDeps extends DumpTools {
  executorId: string;
  /** Aborted when the executor shuts down. */
  signal: AbortSignal;
}

export type PerformedBackup = 'passed' | 'failed' | 'interrupted' | 'not_claimed';

/**
 * A control database that restarts must not cost a dump of hours: its end is written again, at
 * growing intervals, for about half a minute.
 */
const FINISH_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000];

const INTERRUPTED = 'Backstep was stopped while it took this backup. Take another.';

/**
 * Takes a queued backup to its end. The row says 'passed' only when the dump ended well, its
 * checksums are stored, all of it was read back, and the database's identity is recorded; whatever
 * else was written is set aside under a name that never counts.
 * @throws a fault that nobody foresaw, after it was recorded; when the end can't be recorded, why
 */
export async function performBackup(
  ctx: Ctx,
  input: { backupId: number },
  deps: BackupDeps,
): Promise<PerformedBackup> {
  const claim = await claimBackup(ctx, input.backupId, deps.executorId);
  if (!claim) return 'not_claimed';
  const attempt: DumpAttempt = { location: null, checks: [] };
  // Aborts this backup alone, when another executor has declared it interrupted.
  const lost = new AbortController();
  const signal = AbortSignal.any([deps.signal, lost.signal]);
  let ending: BackupEnding;
  let fault: unknown;
  try {
    ending = await takeDump(ctx, claim, { ...deps, signal }, attempt, () => lost.abort());
  } catch (error) {
    const refusal = signal.aborted ? INTERRUPTED : refusalOf(ctx, claim, error);
    fault = refusal === undefined ? error : undefined;
    ending = {
      state: signal.aborted ? 'interrupted' : 'failed',
      location: await quarantine(attempt.location).catch(() => attempt.location),
      checks: attempt.checks,
      message: withoutSecrets(ctx, claim, refusal ?? `The backup failed: ${String(error)}`),
    };
  }
  const recorded =
    (await finishPersistently(ctx, claim, ending)) || (await isFinishedAs(ctx, claim, ending));
  // Declared interrupted by somebody else: what was written after that must not look like a backup.
  if (!recorded) await quarantine(ending.location);
  if (fault !== undefined) throw fault;
  return recorded ? ending.state : 'interrupted';
}

/** What a person can act on; undefined for a fault of our own. */
function refusalOf(ctx: Ctx, claim: ClaimedBackup, error: unknown): string | undefined {
  if (error instanceof BackstepError) return error.message;
  const target = ctx.config.targets.find(({ name }) => name === claim.target);
  if (target && isConnectionFault(error)) return targetUnreachable(target, 'write', error).message;
  return undefined;
}

function withoutSecrets(ctx: Ctx, claim: ClaimedBackup, text: string): string {
  const target = ctx.config.targets.find(({ name }) => name === claim.target);
  return redact(text, target ? [target.url, target.readUrl] : []);
}

async function finishPersistently(
  ctx: Ctx,
  claim: ClaimedBackup,
  ending: BackupEnding,
): Promise<boolean> {
  for (const delay of FINISH_DELAYS_MS) {
    try {
      return await finishBackup(ctx, claim, ending);
    } catch {
      await wait(delay);
    }
  }
  return finishBackup(ctx, claim, ending);
}
