import { sha256Hex } from '@/lib/core/digest';
import type { Ctx } from './context';

/**
 * Eight hexadecimal digits that tell this installation from another one. Two of them may share a target
 * or a scratch server, and each has a rollback number 1. It is known by its control database.
 */
export async function installationId(ctx: Pick<Ctx, 'db'>): Promise<string> {
  const { rows } = await ctx.db.execute<{ identity: string }>(
    `SELECT system_identifier || '/' || d.oid AS identity
       FROM pg_catalog.pg_control_system(), pg_catalog.pg_database d
      WHERE d.datname = pg_catalog.current_database()`,
  );
  const identity = rows[0]?.identity;
  if (!identity) throw new Error('the control database did not tell its identity');
  return sha256Hex(identity).slice(0, 8);
}
