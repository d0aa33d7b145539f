import type pg from 'pg';
import { diffCatalogs, fingerprint, snapshotCatalog } from '@/lib/catalog';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { RehearsedStatement, RehearsedStep } from '@/lib/core/evidence';
import type { Plan, PlanStep } from '@/lib/core/plan';
import type { Policy } from '@/lib/core/policy';
import { prepareSession, rowsAfter, StepUndoneError, undoStep } from '@/lib/undo';
import { rescueRehearsal } from './rehearse-rescue';

interface StepsInput {
  /** Label of the rollback. */
  rollback: string;
  plan: Plan;
  policy: Policy;
  searchPath: string;
  /** The scratch database at the current head, in the words of the live schema. */
  before: CatalogSnapshot;
  inLiveWords(snapshot: CatalogSnapshot): CatalogSnapshot;
  /** Number of steps that are through. */
  onProgress(done: number): void;
  /** What else is worth knowing, as a sentence. */
  onRemark(remark: string): void;
}

/**
 * Undoes each step as the run will, with a look at the schema after each, and makes the rescue copies
 * that the run may make. Ends at the first step that PostgreSQL refuses; that step has `error` and is
 * the last.
 */
export async function rehearseSteps(
  client: pg.Client,
  input: StepsInput,
): Promise<RehearsedStep[]> {
  await prepareSession(client);
  const rehearsed: RehearsedStep[] = [];
  let before = input.before;
  for (const step of input.plan.steps) {
    const result = await rehearseStep(client, input, step, before);
    rehearsed.push(result.step);
    if (result.step.error) break;
    before = result.after;
    input.onProgress(rehearsed.length);
  }
  return rehearsed;
}

async function rehearseStep(
  client: pg.Client,
  { rollback, plan, policy, searchPath, inLiveWords, onRemark }: StepsInput,
  step: PlanStep,
  before: CatalogSnapshot,
): Promise<{ step: RehearsedStep; after: CatalogSnapshot }> {
  const { position, tag } = step;
  const statements: RehearsedStatement[] = [];
  const rescue = rescueRehearsal(step, rollback, policy);
  const started = performance.now();
  try {
    const undone = await undoStep(client, {
      step,
      tracking: plan.tracking,
      expectedRows: rowsAfter(plan.rows, plan.steps, position),
      settings: {
        lockTimeoutMs: policy.lock_timeout_ms,
        statementTimeoutMs: policy.statement_timeout_ms,
        searchPath,
      },
      fence: null,
      hooks: {
        ...(rescue && { beforeStatement: rescue.beforeStatement }),
        statementFinished: (index, durationMs, rows) =>
          statements.push({ index, durationMs, rows }),
      },
    });
    for (const remark of rescue?.remarks ?? []) onRemark(remark);
    const after = inLiveWords(await snapshotCatalog(client, { tracking: plan.tracking }));
    return {
      step: {
        position,
        tag,
        durationMs: undone.durationMs,
        statements: undone.statements,
        changes: diffCatalogs(before, after),
        fingerprintAfter: fingerprint(after),
      },
      after,
    };
  } catch (cause) {
    if (!(cause instanceof StepUndoneError)) throw cause;
    return {
      step: {
        position,
        tag,
        durationMs: performance.now() - started,
        statements,
        changes: [],
        fingerprintAfter: fingerprint(before),
        error: cause.error,
      },
      after: before,
    };
  }
}
