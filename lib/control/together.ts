import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
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
  ctx: { db: Pick<Ctx['db'], 'execute'> },
  statements: readonly SQL[],
): Promise<Answer[]> {
  const text = sql.join([...statements], sql.raw(';\n')).inlineParams();
  const answers: unknown = await ctx.db.execute(text);
  // A single statement is answered by itself.
  return (Array.isArray(answers) ? answers : [answers]) as Answer[];
}

/**
 * A transaction of its own in two messages, each as in `executeTogether`.
 * @param then what comes after the first statements, from what they have answered
 * @throws whatever `then` throws, or the database's error; nothing has happened then, unless it was COMMIT's
 *   answer that was lost
 */
export async function transactTogether(
  ctx: Pick<Ctx, 'db'>,
  first: readonly SQL[],
  then: (answers: Answer[]) => readonly SQL[],
): Promise<void> {
  if (!('$client' in ctx.db)) throw new Error('there is a transaction already');
  const client = await ctx.db.$client.connect();
  const own = { db: drizzle(client) };
  try {
    const [, ...answers] = await executeTogether(own, [sql`BEGIN`, ...first]);
    await executeTogether(own, [...then(answers), sql`COMMIT`]);
  } catch (cause) {
    // With its connection the transaction ends, in whatever state it is.
    client.release(true);
    throw cause;
  }
  client.release();
}
