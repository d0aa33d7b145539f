import type { EventPayloads } from '@/lib/core/events';
import { SessionLostError, StepUndoneError } from '@/lib/undo';
import type { Inside } from './ends';
import { EpochLostError } from './run-record';
import type { Performed, Running } from './running';
import { settle } from './settle';

/** First pause before another attempt; doubled for each, with jitter of half of it. */
const RETRY_PAUSE_MS = 2_000;

/** What is tried, in one transaction or by one statement that has none. */
export interface Attempted<T> {
  /** The step that is asked about when nobody answers. */
  position: number;
  try(attempt: number): Promise<T>;
  /** Writes down that it was undone. */
  undone(cause: StepUndoneError, event: EventPayloads['step.undone']): Promise<void>;
  /** Why the run ends here. */
  why(cause: StepUndoneError, attempt: number): string;
  /** How far the step has come, for the words at the end. */
  inside(): Inside | null;
}

/**
 * Tries again what a lock, a deadlock or a timeout has undone, as often as the policy says. A lost
 * connection is never tried again: the target is asked instead.
 * @throws EpochLostError, and what nobody foresaw
 */
export async function inAttempts<T>(run: Running, what: Attempted<T>): Promise<Performed<T>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { done: await what.try(attempt) };
    } catch (cause) {
      if (cause instanceof SessionLostError) return await sessionLost(run, what.position);
      if (!(cause instanceof StepUndoneError)) throw cause;
      if (cause.cause instanceof EpochLostError) throw cause.cause;
      const again =
        cause.retryable &&
        !run.beat.asked.cancel &&
        attempt < run.facts.target.policy.step_attempts;
      const pauseMs = again
        ? Math.round(RETRY_PAUSE_MS * 2 ** (attempt - 1) * (0.75 + Math.random() / 2))
        : null;
      const position = cause.position ?? what.position;
      await what.undone(cause, { position, error: cause.error, retryInMs: pauseMs });
      if (pauseMs === null) return run.stop(what.why(cause, attempt), what.inside());
      await pause(run, pauseMs);
      run.beat.assertOurs();
      const called = run.called('between two attempts');
      if (called) return run.stop(called, what.inside());
    }
  }
}

async function pause(run: Running, ms: number): Promise<void> {
  if (run.deps.pause) return run.deps.pause(ms);
  const until = performance.now() + ms;
  while (performance.now() < until && !run.beat.lost && run.called('') === null) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Ends the orphan, asks the target, and tells what is true. */
async function sessionLost(run: Running, position: number): Promise<{ settled: true }> {
  run.record.emit('step.unknown', {
    position,
    message: 'The connection to the target was lost inside this step.',
  });
  await run.record.flush();
  await run.session.close();
  await settle(run.ctx, run.facts.row.id, run.record);
  return { settled: true };
}
