import pg from 'pg';
import type { Problem } from './condition-problems';
import { queryEach, queryFor, shortened } from './condition-queries';
import { queryAndTakeBack, queryBehindSavepoint } from './open-transaction';
import type { RowRules } from './row-rules';

/** Values by column number that satisfy some conditions together. */
export type Combination = ReadonlyMap<number, string | null>;

/** Combinations that PostgreSQL is asked to look at, and at a second attempt. */
const TRIED = [3_000, 30_000];

/**
 * Has PostgreSQL find combinations that satisfy each problem's conditions; in one round trip when no
 * condition fails on a candidate. A problem without a solution gets an empty list.
 */
export async function solveConditions(
  client: pg.ClientBase,
  problems: readonly Problem[],
  rules: RowRules,
): Promise<Combination[][]> {
  if (problems.length === 0) return [];
  const [most = 0] = TRIED;
  const message = problems
    .map((problem) => queryFor(problem, rules, problem.checks, most))
    .join(';\n');
  const results = await attempt(client, message);
  const found: Combination[][] = [];
  for (const [at, problem] of problems.entries()) {
    const first = results?.[at] ? combinationsOf(problem, results[at].rows, most) : [];
    found.push(
      first.length > 0 ? first : await solveAlone(client, problem, rules, results !== null),
    );
  }
  return found;
}

/** More combinations first, then without the conditions that only come later. */
async function solveAlone(
  client: pg.ClientBase,
  problem: Problem,
  rules: RowRules,
  wasTried: boolean,
): Promise<Combination[]> {
  const today = problem.checks.filter(({ later }) => !later);
  const conditions = today.length === problem.checks.length ? [today] : [problem.checks, today];
  for (const checks of conditions) {
    for (const most of wasTried && checks === problem.checks ? TRIED.slice(1) : TRIED) {
      const results =
        (await attempt(client, queryFor(problem, rules, checks, most))) ??
        // A condition that fails on one candidate may hold for others.
        (await attemptEach(client, queryEach(problem, rules, checks, most)));
      const found = combinationsOf(problem, results?.[0]?.rows ?? [], most);
      if (found.length > 0) return found;
    }
  }
  return [];
}

async function attempt(client: pg.ClientBase, sql: string): Promise<pg.QueryResult[] | null> {
  try {
    return await queryBehindSavepoint(client, sql);
  } catch (error) {
    if (error instanceof pg.DatabaseError) return null;
    throw error;
  }
}

/** The function goes again with the savepoint. */
async function attemptEach(
  client: pg.ClientBase,
  statements: string[],
): Promise<pg.QueryResult[] | null> {
  try {
    return (await queryAndTakeBack(client, statements.join(';\n'))).slice(1);
  } catch (error) {
    if (error instanceof pg.DatabaseError) return null;
    throw error;
  }
}

function combinationsOf(
  problem: Problem,
  rows: readonly Record<string, number>[],
  most: number,
): Combination[] {
  const lists = shortened(problem.candidates, most);
  return rows.map(
    (row) =>
      new Map(
        problem.columns.map((column, at) => [
          column.number,
          lists[at]?.[(row[`#${at}`] ?? 1) - 1] ?? null,
        ]),
      ),
  );
}
