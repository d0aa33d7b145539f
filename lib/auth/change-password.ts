import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import { BackstepError, ConflictError } from '@/lib/core/errors';
import { endSessions } from './end-sessions';
import { hashPassword, passwordSchema, verifyPassword } from './password';
import { countAttempt, forgetAttempts } from './sign-in-attempts';

const { users } = tables;

export const changePasswordInput = z.object({
  current: z.string().max(200),
  next: passwordSchema,
});

/**
 * Changes one's own password; every session ends, this one too. Guessing the current one at a screen
 * that somebody left open counts as guessing at the sign-in.
 * @throws BackstepError `forbidden`, `invalid_input`, `too_many_attempts`, `conflict`
 */
export async function changePassword(
  ctx: Ctx,
  input: z.infer<typeof changePasswordInput>,
): Promise<void> {
  const { actor } = ctx;
  if (actor.kind !== 'user') throw new BackstepError('forbidden', 'Only a person has a password.');
  const { id, email } = actor;
  await countAttempt(ctx, email.toLowerCase());
  const [person] = await ctx.db.select().from(users).where(eq(users.id, id));
  if (!person || !(await verifyPassword(person.passwordHash, input.current))) {
    await inTransaction(ctx, (tx) =>
      appendAudit(tx, { action: 'person.password', subject: email, outcome: 'refused' }),
    );
    throw new BackstepError('invalid_input', 'The current password is not right.');
  }
  const passwordHash = await hashPassword(input.next);
  await inTransaction(ctx, async (tx) => {
    const changed = await tx.db
      .update(users)
      .set({ passwordHash })
      .where(and(eq(users.id, id), eq(users.passwordHash, person.passwordHash)))
      .returning({ id: users.id });
    if (changed.length === 0) {
      throw new ConflictError('Your password was changed meanwhile. Sign in with the new one.');
    }
    await forgetAttempts(tx, email.toLowerCase());
    await endSessions(tx, id);
    await appendAudit(tx, { action: 'person.password', subject: email, outcome: 'done' });
  });
}
