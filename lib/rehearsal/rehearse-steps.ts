import type pg from 'pg';
import { diffCatalogs, fingerprint, snapshotCatalog } from '@/lib/catalog';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { RehearsedStatement, RehearsedStep } from '@/lib/core/evidence';
import type { Plan, PlanStep } from '@/lib/core/plan';
import type { Policy } from '@/lib/core/policy';
import { prepareSession, rowsAfter, StepUndoneError, undoStep } from '@/lib/undo';
import { rescueRehearsal } from './rehearse-rescue';
import { StatementLocks } from './statement-locks';

export interface StepsInput {
  /** Label of the rollback. */
  rollback: string;
  plan: Plan;
  policy: Policy;
  searchPath: string;
  /** The scratch database at the current head, in the words of the live schema. */
  before: CatalogSnapshot;
  inLiveWords(snapshot: CatalogSnapshot): CatalogSnapshot;
  /** Note the table locks that each statement takes: two queries more a statement. */
  watchLocks?: boolean;
  /** Number of steps that are through. */
  onProgress(done: number): void;
  /** What else is worth knowing, as a sentence. */
  onRemark(remark: string): void;
}

/**
 * Undoes each step as the run will, with a look at the schema after each, and makes the rescue copies
 * that the run may make. The test restore of a backup does the same on real rows. Ends at the first step that PostgreSQL refuses; that step has `error` and is
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
  { rollback, plan, policy, searchPath, watchLocks, inLiveWords, onRemark }: StepsInput,
  step: PlanStep,
  before: CatalogSnapshot,
): Promise<{ step: RehearsedStep; after: CatalogSnapshot }> {
  const { position, tag } = step;
  const statements: RehearsedStatement[] = [];
  const rescue = rescueRehearsal(step, rollback, policy);
  const locks = watchLocks ? new StatementLocks(plan) : undefined;
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
        beforeStatement: async (session, statement) => {
          // Before the copies: they lock the very tables that the statement locks without them.
          await locks?.before(session);
          await rescue?.beforeStatement(session, statement);
        },
        afterStatement: async (session, { index }) => locks?.after(session, index),
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
        statements: withLocks(undone.statements, locks),
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
        statements: withLocks(statements, locks),
        changes: [],
        fingerprintAfter: fingerprint(before),
        error: cause.error,
      },
      after: before,
    };
  }
}

/** A statement that commits by itself has let go of its locks when it ends. */
function withLocks(
  statements: readonly RehearsedStatement[],
  locks: StatementLocks | undefined,
): RehearsedStatement[] {
  return statements.map((statement) => {
    const taken = locks?.takenBy(statement.index);
    return taken ? { ...statement, locks: taken } : statement;
  });
}
