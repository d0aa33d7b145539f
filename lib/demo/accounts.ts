import { hashPassword } from '@/lib/auth';
import { type Control, tables } from '@/lib/control';
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from './people';

/** Creates the demo's people where they are missing; what was changed since stays. */
export async function addDemoAccounts(control: Control): Promise<void> {
  const existing = await control.db.select({ email: tables.users.email }).from(tables.users);
  const known = new Set(existing.map((person) => person.email));
  const missing = DEMO_ACCOUNTS.filter((account) => !known.has(account.email));
  if (missing.length === 0) return;
  const passwordHash = await hashPassword(DEMO_PASSWORD);
  await control.db
    .insert(tables.users)
    .values(missing.map((account) => ({ ...account, passwordHash })));
}
