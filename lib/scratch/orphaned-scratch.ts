import { inArray } from 'drizzle-orm';
import type pg from 'pg';
import { type Ctx, tables } from '@/lib/control';
import { type ScratchPurpose, scratchPrefix } from './installation-names';
import { dropDatabaseSql, onScratchServer } from './scratch-database';
import { dropUnusedRoles } from './scratch-roles';

/**
 * Drops the databases that crashed rehearsals, checks and test restores have left; those of what is going on stay.
 * Roles that were only made for them go as well.
 * @returns the names of the dropped databases
 */
export async function dropOrphanedScratch(
  ctx: Pick<Ctx, 'db'>,
  scratchUrl: string,
): Promise<string[]> {
  const dropped = await onScratchServer(scratchUrl, async (admin) => {
    const orphans = [
      ...(await orphansOf(ctx, admin, 'rehearsal')),
      ...(await orphansOf(ctx, admin, 'check')),
      ...(await orphansOf(ctx, admin, 'test_restore')),
    ];
    for (const name of orphans) await admin.query(dropDatabaseSql(name));
    return orphans;
  });
  await dropUnusedRoles(scratchUrl);
  return dropped;
}

async function orphansOf(
  ctx: Pick<Ctx, 'db'>,
  admin: pg.Client,
  purpose: ScratchPurpose,
): Promise<string[]> {
  const prefix = await scratchPrefix(ctx, purpose);
  const { rows } = await admin.query<{ name: string }>(
    'SELECT datname AS name FROM pg_catalog.pg_database WHERE starts_with(datname, $1) ORDER BY datname',
    [prefix],
  );
  // Asked after the listing: a database is made when its work is running already, so that one that
  // begins in between is never taken for an orphan.
  const going = await idsGoingOn(ctx, purpose);
  return rows
    .map((row) => row.name)
    .filter((name) => {
      const id = /^(\d+)(?:_|$)/.exec(name.slice(prefix.length))?.[1];
      return id === undefined || !going.has(Number(id));
    });
}

async function idsGoingOn(ctx: Pick<Ctx, 'db'>, purpose: ScratchPurpose): Promise<Set<number>> {
  const table = {
    rehearsal: tables.rehearsals,
    check: tables.targetChecks,
    test_restore: tables.testRestores,
  }[purpose];
  const rows = await ctx.db
    .select({ id: table.id })
    .from(table)
    .where(inArray(table.state, ['queued', 'running']));
  return new Set(rows.map(({ id }) => id));
}
