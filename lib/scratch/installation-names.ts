import { type Ctx, installationId } from '@/lib/control';

/** What a scratch database is made for; each has numbers of its own. */
export type ScratchPurpose = 'rehearsal' | 'check' | 'test_restore';

/** The database of a rehearsal. Others of the same rehearsal have this name and `_…` behind it. */
export async function rehearsalDatabaseName(
  ctx: Pick<Ctx, 'db'>,
  rehearsalId: number,
): Promise<string> {
  return `${await scratchPrefix(ctx, 'rehearsal')}${rehearsalId}`;
}

/** The database of a look at a target; others of the same look likewise. */
export async function checkDatabaseName(ctx: Pick<Ctx, 'db'>, checkId: number): Promise<string> {
  return `${await scratchPrefix(ctx, 'check')}${checkId}`;
}

/** The database into which a backup is restored to test it. */
export async function testRestoreDatabaseName(
  ctx: Pick<Ctx, 'db'>,
  testRestoreId: number,
): Promise<string> {
  return `${await scratchPrefix(ctx, 'test_restore')}${testRestoreId}`;
}

/**
 * `backstep_rehearsal_<installation>_`: two installations may share a scratch server, and each has a
 * rehearsal number 1.
 */
export async function scratchPrefix(
  ctx: Pick<Ctx, 'db'>,
  purpose: ScratchPurpose,
): Promise<string> {
  return `backstep_${purpose}_${await installationId(ctx)}_`;
}
