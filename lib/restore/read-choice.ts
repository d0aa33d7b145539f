import { and, desc, eq, isNull } from 'drizzle-orm';
import type pg from 'pg';
import { backupLabel, type Ctx, databaseNow, tables } from '@/lib/control';
import { requirePermission, whyNot } from '@/lib/core/actor';
import type { BackupLevel, RestoredCheck } from '@/lib/core/backup';
import type { TargetConfig } from '@/lib/core/policy';
import { restoreDatabaseNames } from '@/lib/core/restore';
import { restoreInstructions } from '@/lib/core/restore-instructions';
import type { RestoreChoice, RestoreOption } from '@/lib/core/restore-views';
import { listEntries } from '@/lib/folders';
import { changesSince, readRowChanges } from '@/lib/impact';
import {
  addressOf,
  type DatabaseIdentity,
  readIdentity,
  readTracking,
  withTarget,
} from '@/lib/target';
import { mismatch, notTested, openRestoreOf } from './create-restore';
import { type Examination, examineInPlace, inPlaceChoice } from './in-place/examine';
import { testedOf } from './levels';
import { type BackupRow, backupProblem, busyWith, requireTarget } from './restore-facts';
import { type Rights, readRights } from './rights';

const { backups, restores } = tables;

const TIME_LIMIT_MS = 6_000;
const OFFERED = 50;

interface Live {
  identity: DatabaseIdentity;
  rights: Rights;
  headTag: string | null;
  changes: Awaited<ReturnType<typeof readRowChanges>>;
  inPlace: Examination;
}

/**
 * The backups of a target that it can be restored from, newest first, with what each loses and what
 * stands in its way. A target that can't be read is said, not thrown.
 * @throws BackstepError `forbidden`, `config_invalid`
 */
export async function readRestoreChoice(
  ctx: Ctx,
  input: { target: string },
): Promise<RestoreChoice> {
  requirePermission(ctx.actor, 'target.read');
  const target = requireTarget(ctx, input.target, 'the restore');
  const found = await readLive(target).catch((cause: unknown) => cause as Error);
  const live = found instanceof Error ? null : found;
  const rows = await ctx.db
    .select()
    .from(backups)
    .where(
      and(eq(backups.target, target.name), eq(backups.state, 'passed'), isNull(backups.prunedAt)),
    )
    .orderBy(desc(backups.snapshotAt))
    .limit(OFFERED);
  const tested = await testedOf(ctx, rows);
  const open = await openRestoreOf(ctx, target.name);
  const rights = {
    create: live?.rights.createdb ?? true,
    rename: live?.rights.owns ?? true,
  };
  return {
    now: (await databaseNow(ctx)).toISOString(),
    target: { name: target.name, environment: target.environment, address: addressOf(target.url) },
    present: live && {
      database: live.identity.name,
      bytes: Number(live.rights.bytes),
      headTag: live.headTag,
    },
    options: rows.map((row) => optionOf(row, tested.get(row.id), live, target)),
    inTheWay:
      whyNot(ctx.actor, 'restore.create') ??
      (open ? `${open} of this target is open.` : await busyWith(ctx, target.name, null)),
    open,
    rights,
    inPlace: live && inPlaceChoice(live.inPlace),
    instructions: live ? await instructionsFor(ctx, live, rows[0], rights) : [],
    readError: found instanceof Error ? found.message : null,
  };
}

function optionOf(
  row: BackupRow,
  tested: RestoredCheck | undefined,
  live: Live | null,
  target: TargetConfig,
): RestoreOption {
  const lost = live ? changesSince(row.manifest?.activity, live.changes) : null;
  const level: BackupLevel = tested?.ok ? 'restored' : (row.level ?? 'vouched');
  return {
    backup: backupLabel(row.id),
    method: row.method,
    snapshotAt: new Date(row.snapshotAt ?? row.queuedAt).toISOString(),
    headTag: row.manifest?.head ?? null,
    level,
    sizeBytes: row.sizeBytes,
    databaseBytes: row.databaseBytes,
    writesLost: lost?.total ?? { value: null, estimate: true, source: 'the target can’t be read' },
    lostByTable: lost?.tables ?? [],
    testRestoreMs: tested?.restoreMs ?? null,
    problem: backupProblem(row) ?? (live ? mismatch(row, live.identity, target) : null),
    inPlaceProblem: level === 'restored' ? null : notTested(backupLabel(row.id)),
  };
}

/** The number that the next restore would get is not known; its place in the names is. */
async function instructionsFor(
  ctx: Ctx,
  live: Live,
  newest: BackupRow | undefined,
  rights: { create: boolean; rename: boolean },
): Promise<RestoreChoice['instructions']> {
  const [last] = await ctx.db
    .select({ id: restores.id })
    .from(restores)
    .orderBy(desc(restores.id))
    .limit(1);
  const names = restoreDatabaseNames(live.identity.name, {
    id: (last?.id ?? 0) + 1,
    backupId: newest?.id ?? 0,
  });
  const plain = newest?.stored === null && newest.location !== null;
  return restoreInstructions({
    ...rights,
    role: live.rights.role,
    owner: live.rights.owner,
    database: live.identity.name,
    restored: names.restored,
    former: names.former,
    folder: plain ? newest.location : null,
    jobs: ctx.config.backups.jobs,
  });
}

/** With `url`: what its role may do is what counts. */
function readLive(target: TargetConfig): Promise<Live> {
  const primary = { ...target, readUrl: target.url };
  return withTarget(
    primary,
    'read',
    async (client) => ({
      identity: await readIdentity(client),
      rights: await readRights(client),
      headTag: await headOf(client, target),
      changes: await readRowChanges(client),
      inPlace: await examineInPlace(client),
    }),
    { applicationName: 'backstep restore choice', timeLimitMs: TIME_LIMIT_MS },
  );
}

async function headOf(client: pg.Client, target: TargetConfig): Promise<string | null> {
  try {
    const list = await listEntries(target, await readTracking(client, target.tracking));
    return list.head?.tag ?? null;
  } catch {
    // The target's page tells what is the matter with its migrations.
    return null;
  }
}
