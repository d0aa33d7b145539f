import path from 'node:path';
import { and, desc, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import { backupLabel, type Ctx, tables } from '@/lib/control';
import type { BackupsConfig } from '@/lib/core/policy';
import { OPEN_RESTORE_STATUSES, restoreLabel } from '@/lib/core/restore';
import { OPEN_STATUSES, rollbackLabel } from '@/lib/core/rollback';
import type { KeptCandidate } from './retention';
import { bucketOf, isObjectLocation } from './store/place';

const { backups, rollbacks, restores, testRestores } = tables;

type BackupRow = typeof backups.$inferSelect;

/**
 * Whether the bytes of a backup are where only Backstep puts them: nothing else is ever removed, whatever
 * a row says.
 */
export function isOurs(
  config: BackupsConfig,
  row: Pick<BackupRow, 'id' | 'target' | 'location' | 'method'>,
): boolean {
  const { location } = row;
  if (location === null || row.method === 'attested') return false;
  if (isObjectLocation(location)) {
    return row.method === 'pg_dump' && config.storage?.bucket === bucketOf(location);
  }
  const name = /^(B-\d+)(\.\d+)?(\.partial|\.quarantined)?$/.exec(path.basename(location))?.[1];
  const parent = path.join(path.resolve(config.directory), row.target);
  return name === backupLabel(row.id) && path.dirname(location) === parent;
}

/** What refers to backups and is not over, by the backup's number: a rollback, a restore, a test. */
export async function holders(
  ctx: Pick<Ctx, 'db'>,
  ids?: readonly number[],
): Promise<Map<number, string>> {
  const held = new Map<number, string>();
  const tested = await ctx.db
    .select({ id: testRestores.backupId })
    .from(testRestores)
    .where(
      and(
        inArray(testRestores.state, ['queued', 'running']),
        ids ? inArray(testRestores.backupId, [...ids]) : undefined,
      ),
    );
  for (const { id } of tested) held.set(id, 'A test restore');
  const restored = await ctx.db
    .select({ id: restores.id, backup: restores.backupId })
    .from(restores)
    .where(inArray(restores.status, [...OPEN_RESTORE_STATUSES]));
  for (const { id, backup } of restored) held.set(backup, restoreLabel(id));
  const rolledBack = await ctx.db
    .select({ id: backups.id, rollback: rollbacks.id })
    .from(backups)
    .innerJoin(rollbacks, eq(rollbacks.id, backups.rollbackId))
    .where(
      and(
        inArray(rollbacks.status, [...OPEN_STATUSES]),
        ids ? inArray(backups.id, [...ids]) : undefined,
      ),
    );
  for (const { id, rollback } of rolledBack) held.set(id, rollbackLabel(rollback));
  return held;
}

/** Every backup that has bytes somewhere, newest first, as the rules of retention look at it. */
export async function keptCandidates(
  ctx: Pick<Ctx, 'db' | 'config'>,
): Promise<{ row: BackupRow; candidate: KeptCandidate }[]> {
  const rows = await ctx.db
    .select()
    .from(backups)
    .where(
      and(
        isNull(backups.prunedAt),
        or(
          inArray(backups.state, ['passed', 'queued', 'running']),
          sql`${backups.location} IS NOT NULL`,
        ),
      ),
    )
    .orderBy(desc(backups.id));
  const held = await holders(ctx);
  const restored = new Set(
    (
      await ctx.db
        .select({ id: testRestores.backupId })
        .from(testRestores)
        .where(
          and(eq(testRestores.state, 'passed'), sql`(${testRestores.check} ->> 'ok')::boolean`),
        )
    ).map(({ id }) => id),
  );
  return rows.map((row) => ({
    row,
    candidate: {
      id: row.id,
      target: row.target,
      state: row.state,
      takenAt: Date.parse(row.snapshotAt ?? row.queuedAt),
      ours: isOurs(ctx.config.backups, row),
      restored: restored.has(row.id),
      heldBy: held.get(row.id) ?? null,
    },
  }));
}
