import { and, eq, sql } from 'drizzle-orm';
import { ADVISORY_LOCKS, type Ctx, inTransaction, tables } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';

const { signInAttempts } = tables;

/** Wrong passwords for one e-mail before it has to wait, and how far back they count. */
export const MAX_FAILURES = 10;
const FAILURE_WINDOW_MINUTES = 15;

/**
 * Counts an attempt as failed before the password is looked at, so that guesses sent all at once are
 * no more than guesses sent one by one. `forgetAttempts` takes it back when the password was right.
 * @throws BackstepError `too_many_attempts`
 */
export async function countAttempt(ctx: Ctx, email: string): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    await tx.db.execute(
      sql`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.signInAttempts}::int, hashtext(${email}))`,
    );
    const [failures] = await tx.db
      .select({ n: sql<number>`count(*)::int` })
      .from(signInAttempts)
      .where(
        and(
          eq(signInAttempts.email, email),
          eq(signInAttempts.ok, false),
          sql`${signInAttempts.at} > clock_timestamp() - make_interval(mins => ${FAILURE_WINDOW_MINUTES})`,
        ),
      );
    if ((failures?.n ?? 0) >= MAX_FAILURES) {
      throw new BackstepError(
        'too_many_attempts',
        `Too many wrong passwords for this e-mail. Wait ${FAILURE_WINDOW_MINUTES} minutes, or ask an administrator for a new password.`,
      );
    }
    await tx.db.insert(signInAttempts).values({ email, ok: false });
  });
}

/** The person is known, or has a new password: what failed before no longer counts. */
export async function forgetAttempts(tx: Ctx, email: string): Promise<void> {
  await tx.db.delete(signInAttempts).where(
    // Those of e-mails that nobody has are never forgotten otherwise.
    sql`${signInAttempts.email} = ${email} OR ${signInAttempts.at} < clock_timestamp() - interval '1 day'`,
  );
}
