import { desc, inArray } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import type { BackupLevel, RestoredCheck } from '@/lib/core/backup';
import type { BackupRow } from './restore-facts';

const { testRestores } = tables;

/** The newest test restore of each backup that has passed. */
export async function testedOf(
  ctx: Pick<Ctx, 'db'>,
  of: readonly Pick<BackupRow, 'id'>[],
): Promise<Map<number, RestoredCheck>> {
  if (of.length === 0) return new Map();
  const rows = await ctx.db
    .select({ backupId: testRestores.backupId, check: testRestores.check })
    .from(testRestores)
    .where(
      inArray(
        testRestores.backupId,
        of.map(({ id }) => id),
      ),
    )
    .orderBy(desc(testRestores.id));
  const newest = new Map<number, RestoredCheck>();
  for (const { backupId, check } of rows) {
    if (check && !newest.has(backupId)) newest.set(backupId, check);
  }
  return newest;
}

/** What is known of each backup. */
export async function levelsOf(
  ctx: Pick<Ctx, 'db'>,
  of: readonly Pick<BackupRow, 'id' | 'level'>[],
): Promise<Map<number, BackupLevel>> {
  const tested = await testedOf(ctx, of);
  return new Map(
    of.map(({ id, level }) => [id, tested.get(id)?.ok ? 'restored' : (level ?? 'vouched')]),
  );
}
