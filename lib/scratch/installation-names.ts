import type { Ctx } from '@/lib/control';
import { sha256Hex } from '@/lib/core/digest';

/** What a scratch database is made for; each has numbers of its own. */
export type ScratchPurpose = 'rehearsal' | 'check';

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

/**
 * `backstep_rehearsal_<installation>_`: two installations may share a scratch server, and each has a
 * rehearsal number 1. The installation is known by its control database.
 */
export async function scratchPrefix(
  ctx: Pick<Ctx, 'db'>,
  purpose: ScratchPurpose,
): Promise<string> {
  const { rows } = await ctx.db.execute<{ identity: string }>(
    `SELECT system_identifier || '/' || d.oid AS identity
       FROM pg_catalog.pg_control_system(), pg_catalog.pg_database d
      WHERE d.datname = pg_catalog.current_database()`,
  );
  const identity = rows[0]?.identity;
  if (!identity) throw new Error('the control database did not tell its identity');
  return `backstep_${purpose}_${sha256Hex(identity).slice(0, 8)}_`;
}
