import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import type { Actor } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import { isStorable } from '@/lib/core/storable-text';
import { verifyPassword } from './password';
import { isSessionId } from './resume-session';
import { countAttempt, forgetAttempts } from './sign-in-attempts';

const { sessions, users } = tables;

export const signInInput = z.object({
  email: z.string().trim().toLowerCase().max(320).refine(isStorable),
  password: z.string().max(200),
  userAgent: z.string().max(300).refine(isStorable).optional(),
});

/**
 * Checks e-mail and password and opens a session. Every password that was looked at is in the history.
 * @returns the session's id
 * @throws BackstepError `not_signed_in` when they do not fit, `too_many_attempts`
 */
export async function signIn(ctx: Ctx, input: z.infer<typeof signInInput>): Promise<string> {
  await countAttempt(ctx, input.email);
  const [person] = await ctx.db
    .select()
    .from(users)
    .where(sql`lower(${users.email}) = ${input.email}`);
  const fits = await verifyPassword(person?.passwordHash, input.password);
  const session = person && fits ? await openSession(ctx, person, input) : undefined;
  if (!session) {
    await inTransaction(ctx, (tx) =>
      appendAudit(tx, {
        action: 'session.sign_in_failed',
        subject: input.email,
        outcome: 'refused',
      }),
    );
    throw new BackstepError('not_signed_in', 'E-mail and password do not fit.');
  }
  return session;
}

/** @returns undefined when the person was disabled, or given another password, in the meantime */
async function openSession(
  ctx: Ctx,
  person: typeof users.$inferSelect,
  input: z.infer<typeof signInInput>,
): Promise<string | undefined> {
  const { id, name, email, role, passwordHash } = person;
  const actor: Actor = { kind: 'user', id, name, email, role };
  return await inTransaction({ ...ctx, actor }, async (tx) => {
    // Shared with other sign-ins, and in the way of the change that ends all sessions.
    const [current] = await tx.db
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, id), eq(users.passwordHash, passwordHash), isNull(users.disabledAt)))
      .for('share');
    if (!current) return undefined;
    await forgetAttempts(tx, input.email);
    const [session] = await tx.db
      .insert(sessions)
      .values({ userId: id, userAgent: input.userAgent ?? null })
      .returning({ id: sessions.id });
    if (!session) throw new Error('the session was not inserted');
    await appendAudit(tx, { action: 'session.sign_in', subject: email, outcome: 'done' });
    return session.id;
  });
}

/** Ends a session; ending it twice, or one that never was, does nothing. */
export async function signOut(ctx: Ctx, sessionId: string): Promise<void> {
  if (!isSessionId(sessionId)) return;
  await inTransaction(ctx, async (tx) => {
    const ended = await tx.db
      .update(sessions)
      .set({ revokedAt: sql`clock_timestamp()` })
      .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)))
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
