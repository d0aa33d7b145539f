import type { LiveFinding, LiveImpact } from '@/lib/core/evidence';
import type { PlanStep } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import { closeTarget, openTarget, redact } from '@/lib/target';
import type { StepChanges } from './follow-plan';
import { LiveSession } from './live-session';
import { Look } from './look';
import { readSteps } from './read-steps';

/** All of it: somebody waits for the preview, and the live database has other work. */
const TIME_LIMIT_MS = 10_000;
/** A server that answers no more is not waited for any longer. */
const HANGING_MS = 1_000;
/** A script of ten thousand statements would fill the evidence with one sentence ten thousand times. */
const MAX_FINDINGS = 500;

export interface LookInput {
  steps: readonly PlanStep[];
  /** What the rehearsal saw each step change. */
  changes: readonly StepChanges[];
  timeLimitMs?: number;
  signal?: AbortSignal;
}

/**
 * Looks at the live target through the reading connection: what the plan takes away there, what CASCADE
 * would take along, and which rows would break a constraint that the scripts add. It changes nothing,
 * waits for nobody and ends within the time limit. What could not be looked at is named in `problems`,
 * and its amounts are estimates or null; a target that can't be reached is such a problem as well.
 *
 * @throws the signal's reason when it is aborted
 */
export async function lookAtLive(target: TargetConfig, input: LookInput): Promise<LiveImpact> {
  const { steps, changes, timeLimitMs = TIME_LIMIT_MS, signal } = input;
  signal?.throwIfAborted();
  const started = performance.now();
  const takenAt = new Date().toISOString();
  const look = new Look(target, await readSteps(steps), changes);
  await connected(target, timeLimitMs, signal, look);
  signal?.throwIfAborted();
  const { relations, losses, findings, problems } = look.result();
  return {
    takenAt,
    relations,
    losses,
    findings: limited(findings, problems),
    durationMs: Math.round(performance.now() - started),
    problems: problems.map((problem) => redact(problem, [target.readUrl, target.url])),
  };
}

async function connected(
  target: TargetConfig,
  timeLimitMs: number,
  signal: AbortSignal | undefined,
  look: Look,
): Promise<void> {
  const deadline = performance.now() + timeLimitMs;
  let client: Awaited<ReturnType<typeof openTarget>>;
  try {
    client = await openTarget(target, 'read', { applicationName: 'backstep impact' });
  } catch (error) {
    look.fail(`The live target was not looked at: ${wordsOf(error)}`);
    return;
  }
  const cut = () => client.connection.stream.destroy();
  const timer = setTimeout(cut, Math.max(0, deadline - performance.now()) + HANGING_MS);
  signal?.addEventListener('abort', cut, { once: true });
  try {
    if (!signal?.aborted) await look.run(new LiveSession(client, deadline));
  } catch (error) {
    look.fail(`The look at the live target was cut off: ${wordsOf(error)}.`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cut);
    await closeTarget(client);
  }
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function limited(findings: LiveFinding[], problems: string[]): LiveFinding[] {
  if (findings.length <= MAX_FINDINGS) return findings;
  // What is dangerous is kept whatever its place.
  const kept = new Set(
    [...findings].sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]).slice(0, MAX_FINDINGS),
  );
  const more = (findings.length - MAX_FINDINGS).toLocaleString('en-US');
  problems.push(`${more} more findings are not listed.`);
  return findings.filter((finding) => kept.has(finding));
}

const WEIGHT = { danger: 0, warn: 1, info: 2 } as const;
