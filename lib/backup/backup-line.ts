import { desc, eq, inArray, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { backupLabel, type Ctx, tables, testRestoreEvidence } from '@/lib/control';
import { type Permission, whyNot } from '@/lib/core/actor';
import type { TestRestore } from '@/lib/core/backup';
import {
  type BackupAct,
  cancelBackupProblem,
  confirmBackupProblem,
  testRestoreProblem,
} from '@/lib/core/backup-gate';
import type { BackupLine } from '@/lib/core/backup-views';
import type { Verdict } from '@/lib/core/gates';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { rollbackLabel } from '@/lib/core/rollback';
import type { RetentionVerdict } from './retention';

const { backups, testRestores, users } = tables;

const confirmers = alias(users, 'confirmers');

export interface FoundBackup {
  row: typeof backups.$inferSelect;
  takenBy: string;
  confirmer: string | null;
}

/** Rows of backups with the names of people, newest first. */
export function readBackups(
  ctx: Pick<Ctx, 'db'>,
  which: SQL | undefined,
  limit: number,
): Promise<FoundBackup[]> {
  return ctx.db
    .select({ row: backups, takenBy: users.name, confirmer: confirmers.name })
    .from(backups)
    .innerJoin(users, eq(users.id, backups.takenBy))
    .leftJoin(confirmers, eq(confirmers.id, backups.confirmedBy))
    .where(which)
    .orderBy(desc(backups.id))
    .limit(limit);
}

/** All test restores of these backups, newest first. */
export async function testRestoresOf(
  ctx: Pick<Ctx, 'db'>,
  backupIds: readonly number[],
): Promise<TestRestore[]> {
  if (backupIds.length === 0) return [];
  const rows = await ctx.db
    .select()
    .from(testRestores)
    .where(inArray(testRestores.backupId, [...backupIds]))
    .orderBy(desc(testRestores.id));
  return rows.map(testRestoreEvidence);
}

export interface LineFacts {
  now: number;
  heldBy: string | null;
  verdict: RetentionVerdict | null;
  testRestore: TestRestore | null;
}

/** A backup as pages show it, with what this person may do with it. */
export function backupLine(ctx: Ctx, found: FoundBackup, facts: LineFacts): BackupLine {
  const { row } = found;
  const target = ctx.config.targets.find(({ name }) => name === row.target);
  const { testRestore } = facts;
  const restored = testRestore?.state === 'passed' && testRestore.check?.ok === true;
  const snapshotAt = isoOrNull(row.snapshotAt);
  return {
    id: row.id,
    label: backupLabel(row.id),
    target: row.target,
    environment: target?.environment ?? null,
    method: row.method,
    state: row.state,
    level: row.state !== 'passed' ? null : restored ? 'restored' : row.level,
    levelWanted: target?.policy.backup.level ?? null,
    toBeConfirmed:
      row.state === 'passed' &&
      row.method === 'attested' &&
      row.confirmedBy === null &&
      target?.policy.backup.second_person === true,
    queuedAt: iso(row.queuedAt),
    startedAt: isoOrNull(row.startedAt),
    finishedAt: isoOrNull(row.finishedAt),
    snapshotAt,
    ageMs: snapshotAt === null ? null : facts.now - Date.parse(snapshotAt),
    takenBy: { id: row.takenBy, name: found.takenBy },
    sizeBytes: row.sizeBytes,
    databaseBytes: row.databaseBytes,
    head: row.manifest?.head ?? null,
    location: row.location,
    rollback: row.rollbackId === null ? null : rollbackLabel(row.rollbackId),
    heldBy: facts.heldBy,
    retention: facts.verdict,
    pruned: row.prunedAt === null ? null : { at: iso(row.prunedAt), reason: row.pruneReason ?? '' },
    attestation: row.attestation && {
      ...row.attestation,
      confirmedBy:
        row.confirmedBy === null
          ? null
          : {
              id: row.confirmedBy,
              name: found.confirmer ?? 'Unknown',
            },
      confirmedAt: isoOrNull(row.confirmedAt),
    },
    testRestore,
    progress: row.progress,
    error: row.error,
    acts: actsOn(ctx, found, testRestore),
  };
}

function actsOn(
  ctx: Ctx,
  { row }: FoundBackup,
  testRestore: TestRestore | null,
): BackupLine['acts'] {
  const { actor } = ctx;
  const policy = ctx.config.targets.find(({ name }) => name === row.target)?.policy;
  const act: BackupAct = {
    label: backupLabel(row.id),
    state: row.state,
    method: row.method,
    prunedAt: row.prunedAt,
    takenById: row.takenBy,
    cancelRequestedBy: row.cancelRequestedBy,
    attestation: { confirmedBy: row.confirmedBy },
    testRestore,
  };
  const gone = policy ? undefined : `'${row.target}' is no longer in the configuration.`;
  const confirm = confirmBackupProblem(act, (policy ?? DEFAULT_POLICY).backup, actor);
  return {
    cancel: verdictOf(ctx, 'backup.take', cancelBackupProblem(act)),
    confirm: verdictOf(ctx, 'backup.confirm', gone ?? confirm),
    test: verdictOf(ctx, 'backup.test', gone ?? testRestoreProblem(act)),
  };
}

/** As the gates of a room say it: a role that is in the way comes before the state. */
export function verdictOf(
  { actor }: Pick<Ctx, 'actor'>,
  permission: Permission,
  problem: string | undefined,
): Verdict {
  const role = whyNot(actor, permission);
  if (role) return { allowed: false, reason: role, roleOnly: problem === undefined };
  return problem === undefined ? { allowed: true } : { allowed: false, reason: problem };
}

const iso = (value: string): string => new Date(value).toISOString();
const isoOrNull = (value: string | null): string | null => (value === null ? null : iso(value));
