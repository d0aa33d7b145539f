import type { RehearsalResult } from '@/lib/core/evidence';
import type { MigrateForecast } from '@/lib/core/migrate-forecast';
import type { Plan } from '@/lib/core/plan';

const NOTHING: MigrateForecast = { drizzle: '0.x', applies: [], skips: [] };

/** A plan as it is stored: one pinned before proofs were made lacks what came with them. */
export function storedPlan(plan: Plan): Plan {
  const known: Partial<Plan> = plan;
  return {
    ...plan,
    layout: known.layout ?? 'journal',
    forecast: known.forecast ?? { before: NOTHING, after: NOTHING },
    steps: plan.steps.map((step) => ({ ...step, pairedBy: step.pairedBy ?? 'pattern' })),
    replay: plan.replay.map((file) => ({ ...file, path: file.path ?? `${file.tag}.sql` })),
  };
}

/** A rehearsal's result as it is stored, likewise. */
export function storedResult(result: RehearsalResult | null): RehearsalResult | null {
  if (!result) return null;
  const known: Partial<RehearsalResult> = result;
  return {
    ...result,
    cloneReason: known.cloneReason ?? null,
    proofs: known.proofs ?? [],
    impact: known.impact ?? {
      takenAt: '',
      relations: {},
      losses: [],
      findings: [],
      durationMs: 0,
      problems: ['This rehearsal was made before the live target was looked at. Rehearse again.'],
    },
  };
}

/** Whether a rehearsal's result, as it is stored, tells what the scripts' round trips said. */
export function isProven(result: RehearsalResult | null): boolean {
  const known: Partial<RehearsalResult> = result ?? {};
  return known.proofs !== undefined;
}
