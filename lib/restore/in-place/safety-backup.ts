import { and, desc, eq, gt, inArray, isNull, or } from 'drizzle-orm';
import { backupLabel, type Ctx, tables } from '@/lib/control';
import { reachesLevel } from '@/lib/core/backup';
import type { Policy } from '@/lib/core/policy';
import type { SafetyBackup } from '@/lib/core/restore-gates';
import { levelsOf } from '../levels';

const { backups } = tables;

type BackupRow = typeof backups.$inferSelect;

/**
 * The newest backup of the present state: begun after the restore was created, so that it has what the
 * restore sets aside. One that is being taken comes first, as whoever waits for it wants to see that.
 */
export async function newestSafetyBackup(
  ctx: Pick<Ctx, 'db'>,
  restore: { target: string; createdAt: string },
): Promise<BackupRow | null> {
  const rows = await ctx.db
    .select()
    .from(backups)
    .where(
      and(
        eq(backups.target, restore.target),
        isNull(backups.prunedAt),
        or(
          inArray(backups.state, ['queued', 'running']),
          and(eq(backups.state, 'passed'), gt(backups.snapshotAt, restore.createdAt)),
        ),
      ),
    )
    .orderBy(desc(backups.id))
    .limit(20);
  return rows.find(({ state }) => state !== 'passed') ?? rows[0] ?? null;
}

/** What is known of the backup of the present state, and what is missing for a swap to rely on it. */
export async function safetyBackupOf(
  ctx: Pick<Ctx, 'db'>,
  restore: { target: string; createdAt: string },
  policy: Pick<Policy, 'backup' | 'backup_max_age_minutes'>,
  now: number,
): Promise<SafetyBackup> {
  const row = await newestSafetyBackup(ctx, restore);
  if (!row)
    return {
      backup: null,
      snapshotAt: null,
      taking: false,
      problem:
        'No backup of the present state was taken since this restore was created. Take one: it is what is left if anything goes wrong in place.',
    };
  const label = backupLabel(row.id);
  const taking = row.state !== 'passed';
  return {
    backup: label,
    snapshotAt: row.snapshotAt && new Date(row.snapshotAt).toISOString(),
    taking,
    problem: taking
      ? `${label} is being taken of the present state. Wait until it is confirmed.`
      : await problemOf(ctx, row, policy, now),
  };
}

async function problemOf(
  ctx: Pick<Ctx, 'db'>,
  row: BackupRow,
  { backup: rules, backup_max_age_minutes }: Pick<Policy, 'backup' | 'backup_max_age_minutes'>,
  now: number,
): Promise<string | null> {
  const label = backupLabel(row.id);
  const age = now - Date.parse(row.snapshotAt ?? row.queuedAt);
  if (age > backup_max_age_minutes * 60_000)
    return `${label} of the present state is older than ${backup_max_age_minutes} min. Take another.`;
  if (!rules.methods.includes(row.method))
    return `The policy of this target takes no backup by ${row.method}, as ${label} is. Take another.`;
  if (row.method === 'attested' && rules.second_person && row.confirmedBy === null)
    return `${label} has been vouched for by one person. Another has to confirm it.`;
  const level = (await levelsOf(ctx, [row])).get(row.id) ?? 'vouched';
  // A test restore of it as well would take as long again, in an emergency: being read in full is asked for.
  const wanted = rules.level === 'restored' ? 'read' : rules.level;
  return reachesLevel(level, wanted)
    ? null
    : `Nobody but the person who vouches for ${label} has read it, and the policy of this target wants it read in full. Take another with pg_dump.`;
}
