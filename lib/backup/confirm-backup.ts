import { eq } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { type Finding, verifyStoredBackup } from './manifest';

/** The database that the backup has to be of, as it answers now. */
export interface DatabaseIdentity {
  systemIdentifier: string;
  name: string;
}

/**
 * Asks of a backup, immediately before a run relies on it, whether its bytes are all there and
 * unchanged, and whether it is of this very database. Reads every byte; its age is the gates' matter.
 */
export async function confirmBackup(
  ctx: Pick<Ctx, 'db'>,
  input: { backup: { id: number }; identity: DatabaseIdentity; signal?: AbortSignal },
): Promise<Finding> {
  const [row] = await ctx.db
    .select()
    .from(tables.backups)
    .where(eq(tables.backups.id, input.backup.id));
  if (row?.state !== 'passed' || row.manifest === null) {
    return { ok: false, reason: 'It is not a confirmed backup.' };
  }
  const { database } = row.manifest;
  const { identity } = input;
  if (database.systemIdentifier !== identity.systemIdentifier || database.name !== identity.name) {
    return {
      ok: false,
      reason: `It is of the database ${database.name} on the server with system identifier ${database.systemIdentifier}; the target is ${identity.name} on ${identity.systemIdentifier}.`,
    };
  }
  return verifyStoredBackup(row, { signal: input.signal });
}
