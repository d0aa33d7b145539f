import { setTimeout as wait } from 'node:timers/promises';
import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { isConnectionFault, redact, targetUnreachable } from '@/lib/target';
import {
  type BackupEnding,
  type ClaimedBackup,
  claimBackup,
  finishBackup,
  isFinishedAs,
  recordProgress,
} from './backup-record';
import type { DumpAttempt, DumpJob, DumpTools } from './dump-job';
import { configuredTarget } from './planned-database';
import { setAside } from './set-aside';
import { forgetUpload } from './store/unfinished-upload';
import { takeByCommand } from './take-by-command';
import { takeDump } from './take-dump';
import { watchCancel } from './watch-cancel';

export interface BackupDeps extends DumpTools {
  executorId: string;
  /** Aborted when the executor shuts down. */
  signal: AbortSignal;
  /** Has the backup restored to test it, in the transaction that confirms it. */
  queueTestRestore(
    tx: Ctx,
    backup: { backupId: number; rollbackId: number | null },
  ): Promise<unknown>;
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
 * checksums are stored, all of it was read back, and the database's identity is recorded, or when the
 * operator's command ended well; whatever else was written is set aside under a name that never counts.
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
  const cancel = watchCancel(ctx, claim);
  const signal = AbortSignal.any([deps.signal, lost.signal, cancel.signal]);
  let ending: BackupEnding;
  let fault: unknown;
  try {
    ending = await take(ctx, claim, { ...deps, signal }, attempt, () => lost.abort());
  } catch (error) {
    const by = cancel.by();
    const stopped =
      by === null ? INTERRUPTED : `${by} cancelled this backup. Take another when it is needed.`;
    const refusal = signal.aborted ? stopped : refusalOf(ctx, claim, error);
    fault = refusal === undefined ? error : undefined;
    ending = {
      state: signal.aborted ? 'interrupted' : 'failed',
      location: await setAside(ctx.config.backups, attempt.location).catch(() => attempt.location),
      checks: attempt.checks,
      message: withoutSecrets(ctx, claim, refusal ?? `The backup failed: ${String(error)}`),
    };
  } finally {
    await cancel.end();
  }
  const also = (tx: Ctx) => queueTest(tx, claim, ending, deps);
  const recorded =
    (await finishPersistently(ctx, claim, ending, also)) ||
    (await isFinishedAs(ctx, claim, ending));
  // Declared interrupted by somebody else: what was written after that must not look like a backup.
  if (!recorded) await setAside(ctx.config.backups, ending.location);
  if (ending.state === 'passed' && attempt.folder) await forgetUpload(attempt.folder);
  if (fault !== undefined) throw fault;
  return recorded ? ending.state : 'interrupted';
}

function take(
  ctx: Ctx,
  claim: ClaimedBackup,
  deps: DumpJob['deps'],
  attempt: DumpAttempt,
  onLost: () => void,
): Promise<BackupEnding & { state: 'passed' }> {
  const report: DumpJob['report'] = async (progress) => {
    // Progress is for watching: a control database that is away for a moment must not cost the dump,
    // whose end is recorded on its own.
    const ours = await recordProgress(ctx, claim, progress).catch(() => true);
    if (!ours) onLost();
    return ours;
  };
  const target = configuredTarget(ctx, claim.target);
  const job: DumpJob = { ctx, claim, target, deps, attempt, report };
  switch (claim.method) {
    case 'pg_dump':
      return takeDump(job);
    case 'command':
      return takeByCommand(job);
    case 'attested':
      throw new Error(`${claim.label} is vouched for by a person; nothing of it is taken here`);
  }
}

/** What a run relies on is restored first: for every rollback, and wherever the policy asks for it. */
async function queueTest(
  tx: Ctx,
  claim: ClaimedBackup,
  ending: BackupEnding,
  deps: Pick<BackupDeps, 'queueTestRestore'>,
): Promise<void> {
  if (ending.state !== 'passed' || claim.method !== 'pg_dump') return;
  const target = tx.config.targets.find(({ name }) => name === claim.target);
  if (claim.rollbackId === null && target?.policy.backup.level !== 'restored') return;
  await deps.queueTestRestore(tx, { backupId: claim.id, rollbackId: claim.rollbackId });
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
  also: (tx: Ctx) => Promise<void>,
): Promise<boolean> {
  for (const delay of FINISH_DELAYS_MS) {
    try {
      return await finishBackup(ctx, claim, ending, also);
    } catch {
      await wait(delay);
    }
  }
  return finishBackup(ctx, claim, ending, also);
}
