import type pg from 'pg';
import { type Ctx, installationId } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import {
  type RestoreEvidence,
  restoreDatabaseNames,
  restoreSchemaEndings,
} from '@/lib/core/restore';
import { readSchemaFile, verifyRestored } from '@/lib/restored';
import { closeTarget, openTarget } from '@/lib/target';
import { type RestorePatch, UNCLAIMED } from './change-status';
import { closeForGood, concludeEvidence, digestOf, manifestOf } from './conclude';
import { createCopy, dropCopy, markOf } from './create-copy';
import { databaseByOid, type ServerDatabase } from './databases';
import { failRestore } from './fail-restore';
import { digestOfSchemas } from './in-place/digest';
import { restoreSchemas } from './in-place/restore-schemas';
import {
  atDatabase,
  type MaintenanceSession,
  openMaintenance,
  restoreApplication,
  urlOfDatabase,
} from './maintenance';
import { sentenceOf } from './perform-swap';
import { type BackupRow, loadRestore, type RestoreFacts } from './restore-facts';
import { inStatus, ownRestore, RestoreLostError, RestoreRecord } from './restore-record';
import { runPgRestore } from './run-pg-restore';

export interface RestoreDeps {
  executorId: string;
  /** Aborted when the executor is asked to end. */
  signal: AbortSignal;
  /** Brings a backup to a folder that pg_restore takes, each file compared with the manifest. */
  openBackup(
    ctx: Ctx,
    backup: BackupRow,
    signal: AbortSignal,
  ): Promise<{ folder: string; dispose(): Promise<void> }>;
  findTool(
    tool: 'pg_restore' | 'psql',
    options: { configuredDir?: string; serverMajor?: number },
  ): Promise<{ path: string; major: number }>;
}

/** Progress is for watching: more often than this is for nobody. */
const PROGRESS_MS = 400;

/** Restores a backup into a new database beside the present one; the executor's part. */
export async function performRestore(
  ctx: Ctx,
  restoreId: number,
  deps: RestoreDeps,
): Promise<void> {
  const owner = await ownRestore(ctx, restoreId, deps.executorId, inStatus('restoring'));
  if (!owner) return;
  const record = new RestoreRecord(ctx, owner);
  const facts = await loadRestore(ctx, restoreId);
  record.start();
  const signal = AbortSignal.any([deps.signal, record.ended.signal]);
  let failure: string | null = null;
  try {
    await withBackup(ctx, facts, deps, signal, (folder) =>
      facts.row.way === 'in_place'
        ? restoreInPlace(ctx, record, facts, { ...deps, signal }, folder)
        : restoreInto(ctx, record, facts, { ...deps, signal }, folder),
    );
  } catch (cause) {
    if (cause instanceof RestoreLostError || record.ended.signal.reason instanceof RestoreLostError)
      return;
    failure = deps.signal.aborted
      ? 'Backstep was stopped while it restored. Start it again.'
      : sentenceOf(facts, signal.aborted ? signal.reason : cause);
  } finally {
    if (failure === null) record.close();
  }
  if (failure === null) return;
  try {
    await failRestore(ctx, record, failure);
  } finally {
    record.close();
  }
}

async function withBackup(
  ctx: Ctx,
  facts: RestoreFacts,
  deps: RestoreDeps,
  signal: AbortSignal,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const opened = await deps.openBackup(ctx, facts.backup, signal);
  try {
    await work(opened.folder);
  } finally {
    await opened.dispose();
  }
}

async function restoreInPlace(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
  deps: RestoreDeps,
  folder: string,
): Promise<void> {
  const progress = throttled(record, deps.signal);
  const { schemas, evidence } = await restoreSchemas(ctx, record, facts, deps, folder, progress);
  deps.signal.throwIfAborted();
  await writeRestored(record, facts, evidence, {
    schemas,
    digest: digestOfSchemas(facts, evidence, schemas),
  });
}

async function restoreInto(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
  deps: RestoreDeps,
  folder: string,
): Promise<void> {
  const { row, target } = facts;
  const { signal } = deps;
  const progress = throttled(record, signal);
  const session = await openMaintenance(ctx, target, row, record.owner);
  try {
    const present = await requirePresent(session, facts);
    const tool = await deps.findTool('pg_restore', {
      configuredDir: ctx.config.clientTools,
      serverMajor: Math.trunc(session.identity.serverVersionNum / 10_000),
    });
    const { restored } = restoreDatabaseNames(row.presentDatabase, row);
    const mark = markOf(await installationId(ctx), record.label);
    await dropLeftover(record, session, facts, restored, mark);
    const copy = await createCopy(record, session, present, restored, mark);
    signal.throwIfAborted();
    const started = performance.now();
    const applicationName = await restoreApplication(ctx, record.owner);
    await runPgRestore({
      program: tool.path,
      folder,
      jobs: Math.max(1, ctx.config.backups.jobs),
      url: urlOfDatabase(target.url, copy.name),
      executorId: deps.executorId,
      applicationName,
      signal,
      onProgress: progress,
    });
    const restoreMs = Math.round(performance.now() - started);
    const client = await openTarget(atDatabase(target, copy.name), 'write', { applicationName });
    try {
      await conclude(ctx, record, facts, {
        client,
        session,
        copy,
        folder,
        applicationName,
        restoreMs,
        progress,
        signal,
      });
    } finally {
      await closeTarget(client);
    }
  } finally {
    await session.close();
  }
}

interface Concluding {
  client: pg.Client;
  session: MaintenanceSession;
  copy: Awaited<ReturnType<typeof createCopy>>;
  /** Of the dump, decrypted. */
  folder: string;
  applicationName: string;
  restoreMs: number;
  progress: (progress: { phase: string; done: number; total: number }) => void;
  signal: AbortSignal;
}

/** Verifies, measures, closes the doors, and writes the end. */
async function conclude(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
  { client, session, copy, folder, applicationName, restoreMs, progress, signal }: Concluding,
): Promise<void> {
  const { row, target } = facts;
  progress({ phase: 'Gathering statistics', done: 0, total: 0 });
  // A restored database has none, and its first queries would be planned blindly.
  await client.query('ANALYZE');
  signal.throwIfAborted();
  const { check } = await verifyRestored(client, {
    connect: () => openTarget(atDatabase(target, copy.name), 'write', { applicationName }),
    jobs: Math.max(1, ctx.config.backups.jobs),
    manifest: manifestOf(facts),
    dumped: await readSchemaFile(folder),
    tracking: target.tracking,
    restoreMs,
    signal,
    onProgress: (phase, done, total) => progress({ phase, done, total }),
  });
  if (!check.ok) throw new BackstepError('restore_failed', check.message);
  progress({ phase: 'Measuring what would be lost', done: 0, total: 0 });
  const found = { check, notCarried: copy.notCarried };
  const evidence = await concludeEvidence(ctx, facts, client, found, record.label);
  await closeTarget(client);
  signal.throwIfAborted();
  // From here on it stays as it is approved: nobody gets in before the swap.
  await closeForGood(record, 'restore', session, copy);
  const restored = { ...row, newOid: copy.oid, newDatabase: copy.name };
  await writeRestored(record, facts, evidence, {
    digest: digestOf(facts, restored, evidence),
    formerDatabase: restoreDatabaseNames(row.presentDatabase, row).former,
  });
}

async function writeRestored(
  record: RestoreRecord,
  { row, target }: RestoreFacts,
  evidence: RestoreEvidence,
  made: RestorePatch,
): Promise<void> {
  const patch = { ...UNCLAIMED, ...made, evidence, message: null, progress: null };
  const withoutApproval = target.policy.approvals === 0;
  const { check } = evidence;
  await record.change(
    [
      { from: ['restoring'], to: 'restored', patch },
      ...(withoutApproval ? [{ from: ['restored' as const], to: 'approved' as const }] : []),
    ],
    (tx) =>
      record.auditIn(tx, 'restore.finish', 'done', {
        way: row.way,
        ...madeOf(row),
        tables: check.tables,
        rows: check.rows,
        head: evidence.headTag,
        migrationsLost: evidence.loss.migrations,
        fence: evidence.fence?.kind ?? null,
      }),
  );
}

/** What the copy is called, for the history. */
function madeOf(row: RestoreFacts['row']): Record<string, unknown> {
  return row.way === 'in_place'
    ? { schemas: restoreSchemaEndings(row).restored }
    : { database: restoreDatabaseNames(row.presentDatabase, row).restored };
}

async function requirePresent(
  session: MaintenanceSession,
  { row, target }: RestoreFacts,
): Promise<ServerDatabase> {
  const present = await databaseByOid(session.client, row.presentOid);
  if (present?.name === row.presentDatabase) return present;
  throw new BackstepError(
    'restore_failed',
    `'${target.name}' is another database now than when this restore was created: ${row.presentDatabase} had the object id ${row.presentOid}. Cancel this restore and create a new one.`,
  );
}

async function dropLeftover(
  record: RestoreRecord,
  session: MaintenanceSession,
  { row, target }: RestoreFacts,
  name: string,
  mark: string,
): Promise<void> {
  await record.failOpenIntents();
  await dropCopy(record, session, target, { oid: row.newOid, name }, mark);
  if (row.newOid !== null) await record.patch({ newOid: null, newDatabase: null });
}

function throttled(record: RestoreRecord, signal: AbortSignal): Concluding['progress'] {
  let last = 0;
  let phase = '';
  return (progress) => {
    const now = performance.now();
    if (signal.aborted || (progress.phase === phase && now - last < PROGRESS_MS)) return;
    last = now;
    phase = progress.phase;
    // One that is not written is followed by the next.
    record.progress(progress).catch(() => undefined);
  };
}
