import { type SQL, sql } from 'drizzle-orm';
import type { Ctx } from './context';

/** What one statement has answered, its columns by their names in the database. */
export interface Answer {
  rows: Record<string, unknown>[];
}

/**
 * Several statements in one message, their parameters written into the text. Each sees what those
 * before it have done. Outside of a transaction the message is one by itself: all of it happens, or
 * nothing. A run waits for the control database while it holds locks on the target, so what needs no
 * answer in between does not wait for one.
 * @returns an answer for each of the statements
 */
export async function executeTogether(
  ctx: Pick<Ctx, 'db'>,
  statements: readonly SQL[],
): Promise<Answer[]> {
  const text = sql.join([...statements], sql.raw(';\n')).inlineParams();
  const answers: unknown = await ctx.db.execute(text);
  // A single statement is answered by itself.
  return (Array.isArray(answers) ? answers : [answers]) as Answer[];
}
