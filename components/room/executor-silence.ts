import type { RunEvidence } from '@/lib/core/evidence';

/** An executor writes its heartbeat twice a second; after this long another one may take over. */
export const SILENCE_MS = 10_000;
/** A reading that finds the heartbeat this old has found it missing, and is not merely old itself. */
const MISSED_MS = 3_000;

/**
 * For how long the executor of a run has been silent; null while it is not, or nobody can tell from
 * here because the console itself has not answered for as long.
 * @param readAt the database's clock when the run was read
 * @param now the database's clock at this moment
 */
export function executorSilence(
  run: Pick<RunEvidence, 'state' | 'heartbeatAt'> | null,
  readAt: number,
  now: number,
): number | null {
  if (run?.state !== 'running' || run.heartbeatAt === null) return null;
  const beat = Date.parse(run.heartbeatAt);
  if (readAt - beat < MISSED_MS || now - readAt > SILENCE_MS) return null;
  const silent = now - beat;
  return silent > SILENCE_MS ? silent : null;
}
