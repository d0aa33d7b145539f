import { randomBytes } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { ADVISORY_LOCKS, type Ctx, inTransaction, tables } from '@/lib/control';
import { sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import { hashPassword, passwordSchema } from './password';
import { emailSchema, nameSchema } from './people';

const { settings, users } = tables;

const SETUP_TOKEN_KEY = 'setup_token_sha256';

export const createFirstAdminInput = z.object({
  token: z.string().min(1, 'The link printed by the server holds the token.'),
  email: emailSchema,
  name: nameSchema,
  password: passwordSchema,
});

/** True while nobody has an account. */
export async function needsSetup(ctx: Pick<Ctx, 'db'>): Promise<boolean> {
  const rows = await ctx.db.select({ id: users.id }).from(users).limit(1);
  return rows.length === 0;
}

/**
 * A new one-time token for the first administrator; the one before is void. Only its hash is kept.
 * @returns undefined when somebody has an account already
 */
export async function ensureSetupToken(ctx: Ctx): Promise<string | undefined> {
  return await inTransaction(ctx, async (tx) => {
    await tx.db.execute(sql`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.setup})`);
    if (!(await needsSetup(tx))) return undefined;
    const token = randomBytes(24).toString('base64url');
    const value = sha256Hex(token);
    await tx.db
      .insert(settings)
      .values({ key: SETUP_TOKEN_KEY, value })
      .onConflictDoUpdate({ target: settings.key, set: { value } });
    return token;
  });
}

/**
 * Creates the first administrator. Of two people with the link, one succeeds.
 * @throws BackstepError `forbidden` when the token is wrong, `conflict` when set-up is over
 */
export async function createFirstAdmin(
  ctx: Ctx,
  input: z.infer<typeof createFirstAdminInput>,
): Promise<void> {
  // Before the hashing, which is dear: nobody has to be signed in to get here.
  await requireToken(ctx, input.token);
  const passwordHash = await hashPassword(input.password);
  await inTransaction(ctx, async (tx) => {
    await tx.db.execute(sql`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.setup})`);
    await requireToken(tx, input.token);
    const { email, name } = input;
    await tx.db.insert(users).values({ email, name, role: 'admin', passwordHash });
    await tx.db.delete(settings).where(eq(settings.key, SETUP_TOKEN_KEY));
    await appendAudit(tx, {
      action: 'person.first_admin',
      subject: email,
      outcome: 'done',
      payload: { name },
    });
  });
}

async function requireToken(ctx: Pick<Ctx, 'db'>, token: string): Promise<void> {
  if (!(await needsSetup(ctx))) {
    throw new BackstepError(
      'conflict',
      'Set-up is over: an administrator exists. Sign in instead.',
    );
  }
  const [kept] = await ctx.db.select().from(settings).where(eq(settings.key, SETUP_TOKEN_KEY));
  if (kept?.value !== sha256Hex(token)) {
    throw new BackstepError(
      'forbidden',
      'This token is not the one that the server printed last. Use the link from its output.',
    );
  }
}
