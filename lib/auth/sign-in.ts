import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import type { Actor } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import { verifyPassword } from './password';

const { sessions, signInAttempts, users } = tables;

/** Wrong passwords for one e-mail before it has to wait, and how far back they count. */
const MAX_FAILURES = 10;
const FAILURE_WINDOW_MINUTES = 15;

export const signInInput = z.object({
  email: z.string().trim().toLowerCase().max(320),
  password: z.string().max(200),
  userAgent: z.string().max(300).optional(),
});

/**
 * Checks e-mail and password and opens a session. Every attempt is in the history.
 * @returns the session's id
 * @throws BackstepError `not_signed_in` when they do not fit, `too_many_attempts`
 */
export async function signIn(ctx: Ctx, input: z.infer<typeof signInInput>): Promise<string> {
  const [failures] = await ctx.db
    .select({ n: sql<number>`count(*)::int` })
    .from(signInAttempts)
    .where(
      and(
        eq(signInAttempts.email, input.email),
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
  const [person] = await ctx.db
    .select()
    .from(users)
    .where(sql`lower(${users.email}) = ${input.email}`);
  const fits = await verifyPassword(person?.passwordHash, input.password);
  if (!person || !fits || person.disabledAt !== null) {
    await refuse(ctx, input.email);
    throw new BackstepError('not_signed_in', 'E-mail and password do not fit.');
  }
  const actor: Actor = { kind: 'user', ...person };
  return await inTransaction({ ...ctx, actor }, async (tx) => {
    await tx.db.insert(signInAttempts).values({ email: input.email, ok: true });
    await tx.db
      .delete(signInAttempts)
      .where(and(eq(signInAttempts.email, input.email), eq(signInAttempts.ok, false)));
    const [session] = await tx.db
      .insert(sessions)
      .values({ userId: person.id, userAgent: input.userAgent ?? null })
      .returning({ id: sessions.id });
    if (!session) throw new Error('the session was not inserted');
    await appendAudit(tx, { action: 'session.sign_in', subject: person.email, outcome: 'done' });
    return session.id;
  });
}

async function refuse(ctx: Ctx, email: string): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    await tx.db.insert(signInAttempts).values({ email, ok: false });
    await appendAudit(tx, { action: 'session.sign_in_failed', subject: email, outcome: 'refused' });
  });
}

/** Ends a session; ending it twice does nothing. */
export async function signOut(ctx: Ctx, sessionId: string): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    const ended = await tx.db
      .update(sessions)
      .set({ revokedAt: sql`clock_timestamp()` })
      .where(and(eq(sessions.id, sessionId), sql`${sessions.revokedAt} IS NULL`))
      .returning({ id: sessions.id });
    if (ended.length > 0 && tx.actor.kind === 'user') {
      await appendAudit(tx, {
        action: 'session.sign_out',
        subject: tx.actor.email,
        outcome: 'done',
      });
    }
  });
}
