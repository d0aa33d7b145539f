import type pg from 'pg';
import { type BackupManifest, type Ctx, databaseNow } from '@/lib/control';
import type { RestoredCheck } from '@/lib/core/backup';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import { forecastMigrate, type MigrateForecast } from '@/lib/core/migrate-forecast';
import type { TrackingRow } from '@/lib/core/migration';
import { newestRow } from '@/lib/core/pair-migrations';
import { pairRows } from '@/lib/core/pair-rows';
import { type RestoreEvidence, restoreLabel } from '@/lib/core/restore';
import { readMigrationFolder } from '@/lib/folders';
import {
  closeTarget,
  type LiveFence,
  openTarget,
  readFence,
  readTracking,
  SQLSTATE,
  sqlstateOf,
  withTarget,
} from '@/lib/target';
import { raiseFenceSql, releaseFenceSql } from '@/lib/undo';
import type { NotCarried } from './carry-over';
import { atDatabase, type MaintenanceSession, restoreApplication } from './maintenance';
import { measureLoss } from './measure-loss';
import { type RestoreFacts, voidRestoreApprovals } from './restore-facts';
import type { RestoreRecord } from './restore-record';
import { requireSameServer } from './same-server';
import { endSessions } from './sessions';
import { setDoors } from './swap-names';

/** The manifest of a restore's backup; creating a restore has required it. */
export function manifestOf({ backup }: Pick<RestoreFacts, 'backup'>): BackupManifest {
  if (!backup.manifest) throw new Error('a backup without a manifest is not restored');
  return backup.manifest;
}

/** What is approved: this backup, in this database, with what was found in it and what it loses. */
export function digestOf(
  facts: Pick<RestoreFacts, 'backup'>,
  restored: {
    newOid: number;
    newDatabase: string;
    presentOid: number;
    presentDatabase: string;
    systemIdentifier: string;
  },
  evidence: RestoreEvidence,
): string {
  return sha256Hex(
    canonicalJson({
      manifest: facts.backup.manifestSha256,
      newOid: restored.newOid,
      newDatabase: restored.newDatabase,
      presentOid: restored.presentOid,
      presentDatabase: restored.presentDatabase,
      systemIdentifier: restored.systemIdentifier,
      evidence,
    }),
  );
}

/**
 * Everything about a restored database that people decide on. Where the present database has migrations
 * that the backup lacks, the fence is raised in the restored one, before anybody can reach it.
 * @param client on the restored database
 */
export async function concludeEvidence(
  ctx: Pick<Ctx, 'db'>,
  facts: RestoreFacts,
  client: pg.Client,
  found: { check: RestoredCheck; notCarried: NotCarried[] },
  label: string,
): Promise<RestoreEvidence> {
  const { target } = facts;
  const rows = await readTracking(client, target.tracking);
  const present = await presentState(ctx, facts, rows);
  const { tags, headTag, forecast, forecastToday } = await readByFiles(facts, rows);
  const head = headTag ?? manifestOf(facts).head;
  const fence =
    present.loss.migrations.length > 0 && head !== null
      ? await raiseFence(client, facts, { rollback: label, head })
      : await fenceAsIn(client, facts, present.fence);
  return {
    check: found.check,
    headTag: head,
    tags,
    forecast,
    forecastToday,
    loss: present.loss,
    presentRows: present.rowsDigest,
    fence,
    notCarried: found.notCarried,
  };
}

const digestOfRows = (rows: readonly TrackingRow[]): string =>
  sha256Hex(canonicalJson(rows.map(({ hash, createdAt, name }) => ({ hash, createdAt, name }))));

async function presentState(
  ctx: Pick<Ctx, 'db'>,
  facts: RestoreFacts,
  restored: readonly TrackingRow[],
) {
  const { target, backup } = facts;
  const now = await databaseNow(ctx);
  // With `url`: behind `read_url` may be a standby that lags behind.
  const primary = { ...target, readUrl: target.url };
  return withTarget(primary, 'read', async (client) => {
    await requireSameServer(client, facts.row);
    const rows = await readTracking(client, target.tracking);
    const known = new Set(restored.map(({ hash, createdAt }) => `${hash} ${createdAt}`));
    const missing = rows.filter(({ hash, createdAt }) => !known.has(`${hash} ${createdAt}`));
    const folder = await readFolder(facts);
    const names = folder ? namesOf(folder, rows) : new Map<number, string>();
    const at = new Date(backup.snapshotAt ?? backup.queuedAt).toISOString();
    const loss = await measureLoss(
      client,
      manifestOf(facts),
      { at, now },
      missing.map((row) => row.name ?? names.get(row.id) ?? `row ${row.id}`),
    );
    const fence = await readFence(client, target.tracking);
    return { loss, fence, rowsDigest: digestOfRows(rows) };
  });
}

/** Tags by the id of their tracking row. */
function namesOf({ layout, files }: Folder, rows: readonly TrackingRow[]): Map<number, string> {
  return new Map([...pairRows(layout, files, rows)].map(([{ tag }, { id }]) => [id, tag]));
}

type Folder = Awaited<ReturnType<typeof readMigrationFolder>>;

/** A folder that can't be read has problems of its own, which the target's page tells. */
function readFolder({ target }: RestoreFacts): Promise<Folder | null> {
  return readMigrationFolder(target, { fresh: true }).catch(() => null);
}

async function readByFiles(facts: RestoreFacts, rows: readonly TrackingRow[]) {
  const nothing = {
    tags: rows.flatMap(({ name }) => name ?? []),
    headTag: newestRow(rows)?.name ?? null,
    forecast: null,
    forecastToday: null,
  };
  const folder = await readFolder(facts);
  if (!folder) return nothing;
  const { layout, files, problems } = folder;
  const names = namesOf(folder, rows);
  const newest = newestRow(rows);
  const headTag = newest ? (names.get(newest.id) ?? null) : null;
  const head = files.findIndex(({ tag }) => tag === headTag);
  const forecast = (upTo: number): MigrateForecast =>
    forecastMigrate({ layout, files: files.slice(0, upTo), rows, problems });
  return {
    tags: files.filter(({ tag }) => [...names.values()].includes(tag)).map(({ tag }) => tag),
    headTag,
    forecast: head < 0 ? null : forecast(head + 1),
    forecastToday: forecast(files.length),
  };
}

async function raiseFence(
  client: pg.Client,
  { target }: RestoreFacts,
  fence: { rollback: string; head: string },
): Promise<NonNullable<RestoreEvidence['fence']>> {
  if (!target.policy.fence)
    return { kind: 'watch', why: 'The policy of this target asks for none.' };
  // In a transaction that is open already, the fence is a part of it.
  const inside = client.getTransactionStatus() === 'T';
  await client.query(inside ? 'SAVEPOINT fence' : 'BEGIN');
  try {
    for (const sql of raiseFenceSql(target.tracking, fence)) await client.query(sql);
    await client.query(inside ? 'RELEASE SAVEPOINT fence' : 'COMMIT');
    return { kind: 'trigger', why: null };
  } catch (cause) {
    await client.query(inside ? 'ROLLBACK TO SAVEPOINT fence' : 'ROLLBACK');
    if (sqlstateOf(cause) !== SQLSTATE.insufficientPrivilege) throw cause;
    return {
      kind: 'watch',
      why: `The role may not put up a trigger there: ${(cause as Error).message}.`,
    };
  }
}

/**
 * A dump brings along the fence that stood when it was made. Where no fence of the restore's own is needed,
 * images meet the one that stands in the present database, or none, as before.
 */
async function fenceAsIn(
  client: pg.Client,
  facts: RestoreFacts,
  present: LiveFence | null,
): Promise<null> {
  const { tracking } = facts.target;
  const restored = await readFence(client, tracking);
  if (present?.rollback && present.headTag) {
    if (restored?.rollback !== present.rollback)
      await raiseFence(client, facts, { rollback: present.rollback, head: present.headTag });
  } else if (restored && !present) {
    for (const sql of releaseFenceSql(tracking)) await client.query(sql);
  }
  return null;
}

/**
 * Puts up in restored schemas, in the transaction that gives them their names, the fence that was approved
 * with them; without one of its own, they get the one that stands now.
 * @param present the fence of the schemas that are set aside
 * @throws BackstepError `restore_failed` when it may not be put up any more
 */
export async function raiseOrKeepFence(
  client: pg.Client,
  facts: RestoreFacts,
  present: LiveFence | null,
): Promise<void> {
  const { evidence, id } = facts.row;
  const head = evidence?.headTag ?? manifestOf(facts).head;
  if (!evidence?.fence || head === null) {
    await fenceAsIn(client, facts, present);
    return;
  }
  if (evidence.fence.kind === 'watch') return;
  const { kind, why } = await raiseFence(client, facts, { rollback: restoreLabel(id), head });
  if (kind === 'watch')
    throw new BackstepError('restore_failed', `${why} A fence was approved. Nothing was renamed.`);
}

/**
 * Looks, right before a swap, whether the present database has been migrated since the restore. Then
 * what would be lost is another than was approved: it is measured again, and approval is asked for anew.
 * @param measure measures it again, as the way of the restore wants it
 * @returns why there is no swap now; null when all is as it was
 */
export async function refreshEvidence(
  record: RestoreRecord,
  facts: RestoreFacts,
  measure: () => Promise<{ evidence: RestoreEvidence; digest: string }>,
): Promise<string | null> {
  const { row, target } = facts;
  const primary = { ...target, readUrl: target.url };
  const now = await withTarget(primary, 'read', async (client) => {
    await requireSameServer(client, row);
    return readTracking(client, target.tracking);
  });
  if (digestOfRows(now) === row.evidence?.presentRows) return null;
  const again = await measure();
  const { migrations } = again.evidence.loss;
  const reason =
    'The present database has been migrated since the backup was restored, so the swap would lose more than was approved.';
  await record.change([], async (tx) => {
    await record.patchIn(tx, again);
    await voidRestoreApprovals(tx, row.id, reason);
    await record.auditIn(tx, 'restore.void', 'done', { reason, migrations });
  });
  return `${reason} It has been measured again (${migrations.join(', ') || 'no migration'} would be lost). Look at it, and ask for approval anew.`;
}

/** Opens the doors of the restored database for as long as that takes. */
export async function measureBeside(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
  session: MaintenanceSession,
): Promise<{ evidence: RestoreEvidence; digest: string }> {
  const { row, target } = facts;
  const { evidence, newOid, newDatabase } = row;
  if (!evidence || newOid === null || newDatabase === null)
    throw new Error('a swap needs a restored database');
  const database = { oid: newOid, name: newDatabase };
  await record.act('swap', 'open_doors', newDatabase, () =>
    setDoors(session.client, database, true),
  );
  try {
    const client = await openTarget(atDatabase(target, newDatabase), 'write', {
      applicationName: await restoreApplication(ctx, record.owner),
    });
    try {
      const again = await concludeEvidence(ctx, facts, client, evidence, record.label);
      return { evidence: again, digest: digestOf(facts, { ...row, newOid, newDatabase }, again) };
    } finally {
      await closeTarget(client);
    }
  } finally {
    await closeForGood(record, 'swap', session, database);
  }
}

/**
 * The same look once more, on a session that was there before the doors closed, when everybody else has
 * gone: an image that boots in the last moment is not lost unseen.
 * @throws BackstepError `restore_failed` when the present database was migrated
 */
export async function lookOnceMore(
  client: pg.Client,
  { row, target }: Pick<RestoreFacts, 'row' | 'target'>,
): Promise<void> {
  const now = await readTracking(client, target.tracking);
  if (digestOfRows(now) === row.evidence?.presentRows) return;
  throw new BackstepError(
    'restore_failed',
    'The present database was migrated while the swap began. Nothing was renamed. Swap again: what would be lost is measured anew then.',
  );
}

/** Nobody gets into the restored database any more, and who got in while it was open is put out. */
export async function closeForGood(
  record: RestoreRecord,
  what: 'restore' | 'swap',
  { client }: MaintenanceSession,
  database: { oid: number; name: string },
): Promise<void> {
  await record.act(what, 'close_doors', database.name, async () => {
    await setDoors(client, database, false);
    await endSessions(client, database.oid);
  });
}
