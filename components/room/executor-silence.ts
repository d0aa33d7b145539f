import type { RunEvidence } from '@/lib/core/evidence';

/** An executor writes its heartbeat twice a second; after this long another one may take over. */
export const SILENCE_MS = 10_000;
/** After this long none has, and only a person can see why. */
export const NOBODY_MS = 25_000;
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
  return Math.max(0, now - beat);
}

/** What comes of the silence, and what a person can do about it. */
export function silenceWords(silentMs: number): string {
  if (silentMs < SILENCE_MS)
    return `What is shown was true then. After ${SILENCE_MS / 1_000} s another one takes over and finds out what is in.`;
  if (silentMs < NOBODY_MS) return 'Another one takes over and finds out what is in.';
  return 'None has taken over: see that an executor is running. Until then nobody knows what is in.';
}
