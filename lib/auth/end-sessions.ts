import { and, eq, isNull, sql } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';

const { sessions } = tables;

/** Signs a person out everywhere. */
export async function endSessions(tx: Pick<Ctx, 'db'>, userId: string): Promise<void> {
  await tx.db
    .update(sessions)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt)));
}
