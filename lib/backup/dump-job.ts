import type { Ctx } from '@/lib/control';
import type { BackupCheck, BackupProgress } from '@/lib/core/evidence';
import type { TargetConfig } from '@/lib/core/policy';
import { redact } from '@/lib/target';
import { type ClaimedBackup, recordFacts } from './backup-record';

/** A blocked pg_dump gives up after this: it waits for tables, and nobody may wait for it. */
const LOCK_WAIT_MS = 10_000;

/** A client program that was found. */
export interface ClientTool {
  path: string;
  version: string;
  major: number;
}

export interface DumpTools {
  /** Finds a client program that is not older than the server; throws with a remedy. */
  findTool(
    tool: 'pg_dump' | 'pg_restore',
    options: { configuredDir?: string; serverMajor?: number },
  ): Promise<ClientTool>;
  lockWaitMs?: number;
}

/** What an attempt has come to, also when it fails. */
export interface DumpAttempt {
  location: string | null;
  /** Where it is written at first. */
  folder?: string;
  checks: BackupCheck[];
}

/** One attempt at a backup, with everything that its parts need. */
export interface DumpJob {
  ctx: Ctx;
  claim: ClaimedBackup;
  target: TargetConfig;
  deps: DumpTools & { signal: AbortSignal };
  attempt: DumpAttempt;
  /** @returns false when the backup is no longer ours */
  report(progress: BackupProgress): Promise<boolean>;
}

export const lockWait = (job: DumpJob): number => job.deps.lockWaitMs ?? LOCK_WAIT_MS;

export const withoutSecrets = (job: DumpJob, text: string): string =>
  redact(text, [job.target.url, job.target.readUrl]);

/** Does one part of the work and notes it as a check with its evidence, or with why it failed. */
export async function check<T>(
  job: DumpJob,
  name: string,
  work: () => Promise<{ evidence: string; value: T }>,
): Promise<T> {
  const started = performance.now();
  const add = async (ok: boolean, evidence: string) => {
    const durationMs = Math.round(performance.now() - started);
    job.attempt.checks.push({ name, ok, evidence, durationMs });
    // They are written once more at the end, so a control database that is away costs nothing.
    await recordFacts(job.ctx, job.claim, { checks: job.attempt.checks }).catch(() => undefined);
  };
  let result: { evidence: string; value: T };
  try {
    result = await work();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!job.deps.signal.aborted) await add(false, withoutSecrets(job, text));
    throw error;
  }
  await add(true, result.evidence);
  return result.value;
}
