import { eq } from 'drizzle-orm';
import { type Ctx, databaseNow, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { TestRestore } from '@/lib/core/backup';
import { attestMethodProblem, takeMethodProblem } from '@/lib/core/backup-gate';
import type { BackupLine, BackupsPage, BackupTarget } from '@/lib/core/backup-views';
import type { TargetConfig } from '@/lib/core/policy';
import {
  backupLine,
  type FoundBackup,
  readBackups,
  testRestoresOf,
  verdictOf,
} from './backup-line';
import { keptCandidates } from './kept-backups';
import { applyRetention } from './retention';

/** More than a page can show; older ones are found by their rollback. */
const SHOWN = 500;

/**
 * Backups of all targets, newest first, with what keeps each and what may be done.
 * @param input.target only those of this target, which need not be in the configuration any more
 * @throws BackstepError `forbidden`
 */
export async function listBackups(ctx: Ctx, input: { target?: string } = {}): Promise<BackupsPage> {
  requirePermission(ctx.actor, 'target.read');
  const { target } = input;
  const which = target === undefined ? undefined : eq(tables.backups.target, target);
  const found = await readBackups(ctx, which, SHOWN + 1);
  const now = await databaseNow(ctx);
  const shown = found.slice(0, SHOWN);
  return {
    now: now.toISOString(),
    backups: await linesOf(ctx, shown, now.getTime()),
    more: found.length > SHOWN,
    targets: ctx.config.targets
      .filter(({ name }) => target === undefined || name === target)
      .map((configured) => targetOf(ctx, configured, shown)),
    retention: ctx.config.backups.retention ?? null,
  };
}

/** The same lines for any choice of backups. */
export async function linesOf(
  ctx: Ctx,
  found: readonly FoundBackup[],
  now: number,
): Promise<BackupLine[]> {
  const candidates = (await keptCandidates(ctx)).map(({ candidate }) => candidate);
  const verdicts = applyRetention(candidates, ctx.config.backups.retention, now);
  const held = new Map(candidates.map(({ id, heldBy }) => [id, heldBy]));
  const newest = newestByBackup(
    await testRestoresOf(
      ctx,
      found.map(({ row }) => row.id),
    ),
  );
  return found.map((one) =>
    backupLine(ctx, one, {
      now,
      heldBy: held.get(one.row.id) ?? null,
      verdict: verdicts.get(one.row.id) ?? null,
      testRestore: newest.get(one.row.id) ?? null,
    }),
  );
}

/** @param all newest first */
function newestByBackup(all: readonly TestRestore[]): Map<number, TestRestore> {
  const newest = new Map<number, TestRestore>();
  for (const one of all) if (!newest.has(one.backupId)) newest.set(one.backupId, one);
  return newest;
}

function targetOf(ctx: Ctx, target: TargetConfig, found: readonly FoundBackup[]): BackupTarget {
  const { name, environment, policy } = target;
  const open = found.some(
    ({ row }) =>
      row.target === name &&
      row.rollbackId === null &&
      (row.state === 'queued' || row.state === 'running'),
  );
  const busy = open ? 'A backup is being taken.' : undefined;
  return {
    name,
    environment,
    methods: policy.backup.methods,
    level: policy.backup.level,
    secondPerson: policy.backup.second_person,
    take: verdictOf(ctx, 'backup.take', takeMethodProblem(policy.backup) ?? busy),
    attest: verdictOf(ctx, 'backup.take', attestMethodProblem(policy.backup)),
  };
}
