import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { Performed, Running } from './running';
import { verifyStep } from './verify-step';

/**
 * Holds the schema after a step that is in against the rehearsed one, and writes down what came of it.
 * @param before the live schema before the step; null when this run has not seen it
 * @returns the schema, or the end of the run where nobody should go on without a look at it
 */
export async function compareStep(
  run: Running,
  position: number,
  before: CatalogSnapshot | null,
): Promise<Performed<CatalogSnapshot>> {
  const started = performance.now();
  let after: CatalogSnapshot;
  try {
    // At the end of the plan nothing is taken as read.
    after = await run.session.schema.read({ whole: position + 1 === run.total });
  } catch (cause) {
    run.unverified = true;
    const why = `the schema after it could not be compared: ${(cause as Error).message}`;
    if (run.done < run.total) {
      return run.stop(`Step ${position + 1} is committed, but ${why}. Resume to go on.`);
    }
    return {
      end: {
        status: 'succeeded',
        outcome: 'changed_unverified',
        done: run.total,
        total: run.total,
        message: `The last step is committed and the database is at ${run.facts.row.plan.to.tag}, but ${why}. Look at the schema before you deploy.`,
      },
    };
  }
  const rehearsal = run.facts.input.rehearsal?.result ?? null;
  const verification = verifyStep(before, after, rehearsal, position);
  if (!verification.ok) run.unverified = true;
  run.record.stepVerified(position, verification, performance.now() - started);
  if (!verification.ok && position + 1 < run.total) {
    const problem =
      verification.how === 'not_checked'
        ? 'this run has not seen the schema before it, so nobody can say whether the one after it is right. Nothing more was undone: look at the schema first.'
        : 'the schema after it is not the rehearsed one. Nothing more was undone: look at the difference first.';
    return run.stop(`Step ${position + 1} is committed, but ${problem}`);
  }
  return { done: after };
}
