import type { LiveImpact, StepProof } from '@/lib/core/evidence';
import type { MigrateForecast } from '@/lib/core/migrate-forecast';
import type { Plan } from '@/lib/core/plan';
import type { Proof } from '@/lib/core/proof';

/** The proof of a script with nothing to say against it. */
export const EXACT: Proof = {
  grade: 'exact',
  losesData: 'none',
  dataNotes: [],
  residue: [],
  missing: [],
  reapply: 'ok',
  secondRun: 'ok',
  error: null,
  remarks: [],
  changes: [],
  hazards: [],
  method: 'transaction',
  durationMs: 1,
};

/** A look at a live target that holds nothing. */
export const NO_IMPACT: LiveImpact = {
  takenAt: '2026-11-22T02:00:00.000Z',
  relations: {},
  losses: [],
  findings: [],
  durationMs: 1,
  problems: [],
};

export const NOTHING_PENDING: MigrateForecast = { drizzle: '0.x', applies: [], skips: [] };

/** For tests of a run: its scripts lock, wait and fail on purpose, and grades are not their subject. */
export async function allExact(_ctx: unknown, plan: Plan): Promise<StepProof[]> {
  return plan.steps.map(({ position, tag }) => ({ position, tag, proof: EXACT }));
}
