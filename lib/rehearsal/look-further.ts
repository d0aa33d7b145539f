import type { Ctx } from '@/lib/control';
import type { LiveImpact, RehearsalResult, RehearsedStep, StepProof } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import { lookAtLive } from '@/lib/impact';
import type { RehearsalProgress } from './rehearsal-progress';

/** The proofs of a plan's scripts in run order: those that are kept, and the others made now. */
export type ProveSteps = (
  ctx: Pick<Ctx, 'db'>,
  plan: Plan,
  target: TargetConfig,
  deps: ProvingDeps,
) => Promise<StepProof[]>;

interface ProvingDeps {
  scratchUrl: string;
  /** Names of the scratch databases begin so. */
  databasePrefix: string;
  signal: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/**
 * What a plan's rehearsal tells beside its steps: what the round trips say of the scripts, and what the
 * steps would take away on the live target. Where a step has failed already, the rest is a help for
 * whoever mends it, and what can't be told of it is left out.
 * @throws whatever keeps the scripts from being proven; the signal's reason
 */
export async function lookFurther(
  ctx: Ctx,
  { plan, target, steps }: { plan: Plan; target: TargetConfig; steps: readonly RehearsedStep[] },
  deps: ProvingDeps & { proveSteps: ProveSteps },
  progress: RehearsalProgress,
): Promise<Pick<RehearsalResult, 'proofs' | 'impact'>> {
  const { scratchUrl, databasePrefix, signal, proveSteps } = deps;
  const failed = steps.some((step) => step.error);
  await progress.begin('Proving scripts', plan.steps.length);
  const proofs = await proveOrNone(failed, signal, () =>
    proveSteps(ctx, plan, target, {
      scratchUrl,
      databasePrefix,
      signal,
      onProgress: (done, total) => progress.advance(done, total),
    }),
  );
  await progress.begin('Counting what would be lost', 1);
  return { proofs, impact: await impactOf(plan, target, steps, signal) };
}

async function proveOrNone(
  failed: boolean,
  signal: AbortSignal,
  prove: () => Promise<StepProof[]>,
): Promise<StepProof[]> {
  try {
    return await prove();
  } catch (error) {
    signal.throwIfAborted();
    if (!failed) throw error;
    return [];
  }
}

function impactOf(
  plan: Plan,
  target: TargetConfig,
  steps: readonly RehearsedStep[],
  signal: AbortSignal,
): Promise<LiveImpact> {
  return lookAtLive(target, {
    steps: plan.steps,
    changes: steps.map(({ position, changes }) => ({ position, changes })),
    signal,
  });
}
