import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import { ROLES, requirePermission } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { Person } from '@/lib/core/views';
import { hashPassword, passwordSchema, verifyPassword } from './password';

const { sessions, users } = tables;

export const emailSchema = z.email('Write an e-mail address.').trim().toLowerCase().max(320);
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

export const changePasswordInput = z.object({
  current: z.string().max(200),
  next: passwordSchema,
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
      lastSeenAt: sql<
        string | null
      >`(SELECT max(s.last_seen_at)::text FROM backstep.sessions s WHERE s.user_id = ${users.id})`,
    })
    .from(users)
    .orderBy(users.name);
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
 * Changes name, role, password or whether a person may sign in. Whoever loses something is signed out.
 * @throws BackstepError `forbidden`, `not_found`, `conflict` when nobody could administer any more
 */
export async function updatePerson(
  ctx: Ctx,
  input: z.infer<typeof updatePersonInput>,
): Promise<void> {
  requirePermission(ctx.actor, 'people.manage');
  const passwordHash = input.password ? await hashPassword(input.password) : undefined;
  await inTransaction(ctx, async (tx) => {
    // All administrators are locked, so that two of them can't demote each other at once.
    await tx.db.select({ id: users.id }).from(users).where(eq(users.role, 'admin')).for('update');
    const [person] = await tx.db.select().from(users).where(eq(users.id, input.id)).for('update');
    if (!person) throw new BackstepError('not_found', 'This person does not exist.');
    const losesAdmin =
      person.role === 'admin' &&
      person.disabledAt === null &&
      (input.disabled === true || (input.role !== undefined && input.role !== 'admin'));
    if (losesAdmin) await requireOtherAdmin(tx, person.id);
    await tx.db
      .update(users)
      .set({
        ...(input.name === undefined ? {} : { name: input.name }),
        ...(input.role === undefined ? {} : { role: input.role }),
        ...(passwordHash === undefined ? {} : { passwordHash }),
        ...(input.disabled === undefined
          ? {}
          : { disabledAt: input.disabled ? sql`clock_timestamp()` : null }),
      })
      .where(eq(users.id, person.id));
    if (input.disabled || passwordHash !== undefined) await endSessions(tx, person.id);
    await appendAudit(tx, {
      action: 'person.update',
      subject: person.email,
      outcome: 'done',
      payload: {
        name: input.name,
        role: input.role,
        disabled: input.disabled,
        password_changed: passwordHash === undefined ? undefined : true,
      },
    });
  });
}

/** Changes one's own password; every session ends, this one too. @throws BackstepError `invalid_input` */
export async function changePassword(
  ctx: Ctx,
  input: z.infer<typeof changePasswordInput>,
): Promise<void> {
  const { actor } = ctx;
  if (actor.kind !== 'user') throw new BackstepError('forbidden', 'Only a person has a password.');
  const [person] = await ctx.db.select().from(users).where(eq(users.id, actor.id));
  if (!(await verifyPassword(person?.passwordHash, input.current))) {
    throw new BackstepError('invalid_input', 'The current password is not right.');
  }
  const passwordHash = await hashPassword(input.next);
  await inTransaction(ctx, async (tx) => {
    await tx.db.update(users).set({ passwordHash }).where(eq(users.id, actor.id));
    await endSessions(tx, actor.id);
    await appendAudit(tx, { action: 'person.password', subject: actor.email, outcome: 'done' });
  });
}

async function requireOtherAdmin(tx: Ctx, id: string): Promise<void> {
  const others = await tx.db
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, 'admin'), isNull(users.disabledAt), ne(users.id, id)))
    .limit(1);
  if (others.length === 0) {
    throw new BackstepError(
      'conflict',
      'This is the last administrator. Make somebody else one first.',
    );
  }
}

async function endSessions(tx: Ctx, userId: string): Promise<void> {
  await tx.db
    .update(sessions)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt)));
}
