import { eq } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { type Finding, verifyStoredBackup } from './manifest';
import { verifyKept } from './store/verify-kept';

/** The database that the backup has to be of, as it answers now. */
export interface DatabaseIdentity {
  systemIdentifier: string;
  name: string;
}

/** As `Finding`, with what is to be said of a backup that nobody can read. */
export type Confirmation = { ok: true; evidence?: string } | { ok: false; reason: string };

/**
 * Asks of a backup, immediately before a run relies on it, whether its bytes are all there and
 * unchanged, and whether it is of this very database. Reads every byte that Backstep keeps; its age is
 * the gates' matter. What a command made or a person vouches for can't be read: the policy has let it
 * through, and the answer says so.
 */
export async function confirmBackup(
  ctx: Pick<Ctx, 'db' | 'config'>,
  input: { backup: { id: number }; identity: DatabaseIdentity; signal?: AbortSignal },
): Promise<Confirmation> {
  const [row] = await ctx.db
    .select()
    .from(tables.backups)
    .where(eq(tables.backups.id, input.backup.id));
  if (row?.state !== 'passed') return { ok: false, reason: 'It is not a confirmed backup.' };
  if (row.prunedAt !== null) {
    return { ok: false, reason: `It was pruned: ${row.pruneReason ?? 'it is gone'}` };
  }
  if (row.method !== 'pg_dump') {
    const who = row.method === 'command' ? 'made by the command' : 'vouched for by a person';
    return {
      ok: true,
      evidence: `${who}: which database it is of and whether it is whole can’t be read, and the policy of this target allows that`,
    };
  }
  if (row.manifest === null || row.location === null) {
    return { ok: false, reason: 'It is not a confirmed backup.' };
  }
  const other = ofAnotherDatabase(row.manifest.database, input.identity);
  if (other) return { ok: false, reason: other };
  const { signal } = input;
  if (row.stored === null) return verifyStoredBackup(row, signal ? { signal } : {});
  const kept: Finding = await verifyKept(
    ctx.config.backups,
    { location: row.location, stored: row.stored },
    signal,
  );
  return kept;
}

function ofAnotherDatabase(of: DatabaseIdentity, identity: DatabaseIdentity): string | null {
  if (of.systemIdentifier === identity.systemIdentifier && of.name === identity.name) return null;
  return `It is of the database ${of.name} on the server with system identifier ${of.systemIdentifier}; the target is ${identity.name} on ${identity.systemIdentifier}.`;
}
