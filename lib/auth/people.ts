import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import { ROLES, requirePermission } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { Person } from '@/lib/core/views';
import { endSessions } from './end-sessions';
import { hashPassword, passwordSchema } from './password';
import { forgetAttempts } from './sign-in-attempts';

const { sessions, users } = tables;

export const emailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(320)
  .pipe(z.email('Write an e-mail address.'));
export const nameSchema = z.string().trim().min(1, 'Write a name.').max(100);

export const addPersonInput = z.object({
  email: emailSchema,
  name: nameSchema,
  role: z.enum(ROLES),
  password: passwordSchema,
});

export const updatePersonInput = z.object({
  id: z.uuid(),
  name: nameSchema.optional(),
  role: z.enum(ROLES).optional(),
  disabled: z.boolean().optional(),
  password: passwordSchema.optional(),
});

/** Everybody with an account, by name. @throws BackstepError `forbidden` */
export async function listPeople(ctx: Ctx): Promise<Person[]> {
  requirePermission(ctx.actor, 'people.manage');
  const rows = await ctx.db
    .select({
      id: users.id,
      email: users.email,
      name: users.name,
      role: users.role,
      disabledAt: users.disabledAt,
      createdAt: users.createdAt,
      lastSeenAt: sql<string | null>`max(${sessions.lastSeenAt})::text`,
    })
    .from(users)
    .leftJoin(sessions, eq(sessions.userId, users.id))
    .groupBy(users.id)
    .orderBy(users.name, users.email);
  const iso = (value: string | null) => (value === null ? null : new Date(value).toISOString());
  return rows.map((row) => ({
    ...row,
    disabledAt: iso(row.disabledAt),
    createdAt: new Date(row.createdAt).toISOString(),
    lastSeenAt: iso(row.lastSeenAt),
  }));
}

/** @throws BackstepError `forbidden`, `conflict` when the e-mail is taken */
export async function addPerson(ctx: Ctx, input: z.infer<typeof addPersonInput>): Promise<void> {
  requirePermission(ctx.actor, 'people.manage');
  const passwordHash = await hashPassword(input.password);
  const { email, name, role } = input;
  await inTransaction(ctx, async (tx) => {
    const added = await tx.db
      .insert(users)
      .values({ email, name, role, passwordHash })
      .onConflictDoNothing()
      .returning({ id: users.id });
    if (added.length === 0) {
      throw new BackstepError('conflict', `${email} has an account already.`);
    }
    await appendAudit(tx, {
      action: 'person.add',
      subject: email,
      outcome: 'done',
      payload: { name, role },
    });
  });
}

/**
 * Changes name, role, password or whether a person may sign in. Whoever is disabled or gets another
 * password is signed out; another role counts from the person's next call on.
 * @throws BackstepError `forbidden`, `not_found`, `conflict` when nobody could administer any more
 */
export async function updatePerson(
  ctx: Ctx,
  input: z.infer<typeof updatePersonInput>,
): Promise<void> {
  requirePermission(ctx.actor, 'people.manage');
  const passwordHash = input.password ? await hashPassword(input.password) : undefined;
  await inTransaction(ctx, async (tx) => {
    const admins = await lockAdmins(tx);
    const [person] = await tx.db.select().from(users).where(eq(users.id, input.id)).for('update');
    if (!person) throw new BackstepError('not_found', 'This person does not exist.');
    const changes = changesOf(person, input);
    if (Object.keys(changes).length === 0 && passwordHash === undefined) return;
    const loses = changes.role !== undefined || changes.disabled?.to === true;
    if (loses && admins.length === 1 && admins[0] === person.id) {
      throw new BackstepError(
        'conflict',
        'This is the last administrator. Make somebody else one first.',
      );
    }
    await tx.db
      .update(users)
      .set({
        name: input.name ?? person.name,
        role: input.role ?? person.role,
        passwordHash: passwordHash ?? person.passwordHash,
        ...(changes.disabled
          ? { disabledAt: changes.disabled.to ? sql`clock_timestamp()` : null }
          : {}),
      })
      .where(eq(users.id, person.id));
    if (passwordHash !== undefined) await forgetAttempts(tx, person.email.toLowerCase());
    if (changes.disabled?.to || passwordHash !== undefined) await endSessions(tx, person.id);
    await appendAudit(tx, {
      action: 'person.update',
      subject: person.email,
      outcome: 'done',
      payload: { ...changes, ...(passwordHash === undefined ? {} : { password: 'changed' }) },
    });
  });
}

/**
 * Locks all administrators who can sign in, so that two of them can't demote each other at once, and
 * makes sure that who asks is still one of them.
 */
async function lockAdmins(tx: Ctx): Promise<string[]> {
  const admins = await tx.db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, 'admin'), isNull(users.disabledAt)))
    .orderBy(users.id)
    .for('update');
  const ids = admins.map(({ id }) => id);
  if (tx.actor.kind === 'user' && !ids.includes(tx.actor.id)) {
    throw new BackstepError('forbidden', 'You are no longer an administrator.');
  }
  return ids;
}

interface Change<T> {
  from: T;
  to: T;
}

/** What would be different afterwards: the dialog sends all fields, also those left as they were. */
function changesOf(
  person: typeof users.$inferSelect,
  input: z.infer<typeof updatePersonInput>,
): { name?: Change<string>; role?: Change<Person['role']>; disabled?: Change<boolean> } {
  const wasDisabled = person.disabledAt !== null;
  const { name = person.name, role = person.role, disabled = wasDisabled } = input;
  return {
    ...(name === person.name ? {} : { name: { from: person.name, to: name } }),
    ...(role === person.role ? {} : { role: { from: person.role, to: role } }),
    ...(disabled === wasDisabled ? {} : { disabled: { from: wasDisabled, to: disabled } }),
  };
}
