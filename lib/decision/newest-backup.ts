import { and, desc, eq, isNull } from 'drizzle-orm';
import { backupLabel, type Ctx, tables } from '@/lib/control';
import type { BackupLevel, BackupMethod } from '@/lib/core/backup';
import type { MeasuredTime } from '@/lib/core/decision';

const { backups, testRestores } = tables;

export interface NewestBackup {
  label: string;
  snapshotAt: string;
  method: BackupMethod;
  level: BackupLevel;
  head: string | null;
  manifest: (typeof backups.$inferSelect)['manifest'];
  /** What its last test restore took; null where none has passed. */
  time: MeasuredTime | null;
}

/** The newest confirmed backup of a target whose bytes are still there. */
export async function newestBackup(
  ctx: Pick<Ctx, 'db'>,
  target: string,
): Promise<NewestBackup | null> {
  const [row] = await ctx.db
    .select()
    .from(backups)
    .where(and(eq(backups.target, target), eq(backups.state, 'passed'), isNull(backups.prunedAt)))
    .orderBy(desc(backups.snapshotAt))
    .limit(1);
  if (!row?.snapshotAt) return null;
  const [test] = await ctx.db
    .select({ check: testRestores.check })
    .from(testRestores)
    .where(and(eq(testRestores.backupId, row.id), eq(testRestores.state, 'passed')))
    .orderBy(desc(testRestores.id))
    .limit(1);
  const label = backupLabel(row.id);
  const check = test?.check ?? null;
  return {
    label,
    snapshotAt: new Date(row.snapshotAt).toISOString(),
    method: row.method,
    level: check?.ok ? 'restored' : (row.level ?? 'vouched'),
    head: row.manifest?.head ?? null,
    manifest: row.manifest,
    time: check ? { ms: check.restoreMs, on: `the test restore of ${label}` } : null,
  };
}
