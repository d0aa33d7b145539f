import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { tables } from '@/lib/control';
import type { Role } from '@/lib/core/actor';
import {
  createSampleControl,
  type Person,
  type SampleControl,
} from '@/lib/migrations/sample-control.fixture';
import { hashPassword } from './password';

export const PASSWORD = 'correct horse battery';

/** A control database for the tests of accounts. */
export interface AccountRoom extends SampleControl {
  /** Somebody who can sign in with PASSWORD. */
  join(role?: Role): Promise<Person>;
  /** A session as `signIn` would open it. */
  openSession(person: Person): Promise<string>;
  session(id: string): Promise<typeof tables.sessions.$inferSelect>;
  /** Audit rows about an e-mail, oldest first: action and outcome. */
  history(email: string): Promise<[string, string][]>;
}

export async function createAccountRoom(): Promise<AccountRoom> {
  const room = await createSampleControl();
  const passwordHash = await hashPassword(PASSWORD);
  const { db } = room.control;
  return {
    ...room,
    async join(role = 'on_call') {
      const email = `${randomUUID()}@example.com`;
      const [row] = await db
        .insert(tables.users)
        .values({ email, name: 'Ona', role, passwordHash })
        .returning({ id: tables.users.id, name: tables.users.name });
      if (!row) throw new Error('the person was not inserted');
      return { kind: 'user', role, email, ...row };
    },
    async openSession(person) {
      const [row] = await db
        .insert(tables.sessions)
        .values({ userId: person.id })
        .returning({ id: tables.sessions.id });
      if (!row) throw new Error('the session was not inserted');
      return row.id;
    },
    async session(id) {
      const [row] = await db.select().from(tables.sessions).where(eq(tables.sessions.id, id));
      if (!row) throw new Error(`session ${id} is not there`);
      return row;
    },
    async history(email) {
      const rows = await db
        .select()
        .from(tables.auditLog)
        .where(eq(tables.auditLog.subject, email))
        .orderBy(tables.auditLog.seq);
      return rows.map((row) => [row.action, row.outcome]);
    },
  };
}
