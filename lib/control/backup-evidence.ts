import { desc, eq, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { TestRestore } from '@/lib/core/backup';
import { BackstepError } from '@/lib/core/errors';
import type { BackupEvidence } from '@/lib/core/evidence';
import type { Policy } from '@/lib/core/policy';
import type { Ctx } from './context';
import { backups, type rollbacks, users } from './schema';
import { latestTestRestore } from './test-restores';

type BackupRow = typeof backups.$inferSelect;

export const backupLabel = (id: number): string => `B-${String(id).padStart(4, '0')}`;

/**
 * The number behind `B-0001`.
 * @throws BackstepError `not_found`
 */
export function findBackup(label: string): number {
  const digits = /^B-(\d{4,9})$/.exec(label)?.[1];
  if (digits === undefined) {
    throw new BackstepError('not_found', `'${label}' is not a backup. They are named like B-0001.`);
  }
  return Number(digits);
}

const confirmers = alias(users, 'confirmers');
const cancellers = alias(users, 'cancellers');

/**
 * The backup that counts: one being taken now, else the newest confirmed one, else the newest failure.
 * A failed attempt must not hide an earlier backup that is still good. One that was pruned counts for
 * nothing; it is shown where a rollback is over.
 */
export async function latestBackup(
  ctx: Pick<Ctx, 'db'>,
  rollback: Pick<typeof rollbacks.$inferSelect, 'id' | 'plan'>,
  policy: Pick<Policy, 'backup_max_age_minutes'>,
): Promise<BackupEvidence | null> {
  const rank = sql`CASE WHEN ${backups.state} IN ('queued', 'running') THEN 0
    WHEN ${backups.state} = 'passed' AND ${backups.prunedAt} IS NULL THEN 1
    WHEN ${backups.state} = 'passed' THEN 2 ELSE 3 END`;
  const [found] = await read(ctx, eq(backups.rollbackId, rollback.id), rank);
  if (!found) return null;
  const testRestore = await latestTestRestore(ctx, found.backup.id, { rollbackId: rollback.id });
  return evidenceOf(found, testRestore, policy, rollback.plan.schemaFingerprint);
}

/**
 * One backup by its number, as it is shown without a rollback.
 * @returns undefined when there is none
 */
export async function backupEvidence(
  ctx: Pick<Ctx, 'db'>,
  backupId: number,
  policy: Pick<Policy, 'backup_max_age_minutes'>,
): Promise<BackupEvidence | undefined> {
  const [found] = await read(ctx, eq(backups.id, backupId));
  if (!found) return undefined;
  return evidenceOf(found, await latestTestRestore(ctx, backupId), policy, null);
}

interface FoundBackup {
  backup: BackupRow;
  takenBy: string;
  confirmer: string | null;
  canceller: string | null;
}

function read(ctx: Pick<Ctx, 'db'>, which: SQL, ...before: SQL[]): Promise<FoundBackup[]> {
  return ctx.db
    .select({
      backup: backups,
      takenBy: users.name,
      confirmer: confirmers.name,
      canceller: cancellers.name,
    })
    .from(backups)
    .innerJoin(users, eq(users.id, backups.takenBy))
    .leftJoin(confirmers, eq(confirmers.id, backups.confirmedBy))
    .leftJoin(cancellers, eq(cancellers.id, backups.cancelRequestedBy))
    .where(which)
    .orderBy(...before, desc(backups.id))
    .limit(1);
}

const iso = (value: string): string => new Date(value).toISOString();
const isoOrNull = (value: string | null): string | null => (value === null ? null : iso(value));

function evidenceOf(
  { backup, takenBy, confirmer, canceller }: FoundBackup,
  testRestore: TestRestore | null,
  policy: Pick<Policy, 'backup_max_age_minutes'>,
  plannedFingerprint: string | null,
): BackupEvidence {
  const snapshotAt = isoOrNull(backup.snapshotAt);
  const restored = testRestore?.state === 'passed' && testRestore.check?.ok === true;
  return {
    id: backup.id,
    label: backupLabel(backup.id),
    state: backup.state,
    method: backup.method,
    level: backup.state !== 'passed' ? null : restored ? 'restored' : backup.level,
    attestation: backup.attestation && {
      ...backup.attestation,
      confirmedBy:
        backup.confirmedBy === null
          ? null
          : { id: backup.confirmedBy, name: confirmer ?? 'Unknown' },
      confirmedAt: isoOrNull(backup.confirmedAt),
    },
    testRestore,
    queuedAt: iso(backup.queuedAt),
    startedAt: isoOrNull(backup.startedAt),
    finishedAt: isoOrNull(backup.finishedAt),
    snapshotAt,
    expiresAt: snapshotAt
      ? new Date(Date.parse(snapshotAt) + policy.backup_max_age_minutes * 60_000).toISOString()
      : null,
    takenBy,
    takenById: backup.takenBy,
    progress: backup.progress,
    cancelRequestedBy: backup.cancelRequestedBy === null ? null : (canceller ?? 'Unknown'),
    prunedAt: isoOrNull(backup.prunedAt),
    location: backup.location,
    encrypted: backup.stored?.some(({ path }) => path.endsWith('.age')) ?? false,
    sizeBytes: backup.sizeBytes,
    databaseBytes: backup.databaseBytes,
    manifestSha256: backup.manifestSha256,
    ofAnotherSchema:
      plannedFingerprint !== null &&
      backup.manifest !== null &&
      backup.manifest.schemaFingerprint !== plannedFingerprint,
    toolVersion: backup.manifest?.tool ?? null,
    checks: backup.checks,
    error: backup.error,
  };
}
