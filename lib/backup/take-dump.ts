import type pg from 'pg';
import { type BackupManifest, databaseNow } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { writeSchemaFile } from '@/lib/restored';
import { closeTarget, type DatabaseIdentity, openTarget, readIdentity } from '@/lib/target';
import { createPartialFolder, filesOf, requireFreeSpace } from './backup-folder';
import { type BackupEnding, recordFacts } from './backup-record';
import { backupApplication } from './backup-sessions';
import { countRows } from './count-rows';
import { dumpInto, openSnapshot } from './dump-database';
import { type ClientTool, check, type DumpJob } from './dump-job';
import { withProgress } from './dump-progress';
import { databaseBytes, headByFiles, headOf } from './dump-snapshot';
import { formatBytes } from './format-bytes';
import { readFully } from './full-read';
import { hashFiles, writeManifest } from './manifest';
import { identityInWords, requirePlannedDatabase } from './planned-database';
import { keepBackup } from './store/keep-backup';

/**
 * Dumps a target, stores checksums, reads all of it back and takes it to where backups are kept. Facts
 * of the manifest and the dump come from one snapshot.
 * @throws BackstepError with a remedy; the signal's reason; anything else is a fault
 */
export async function takeDump(job: DumpJob): Promise<BackupEnding & { state: 'passed' }> {
  await job.report({ phase: 'Preparing', bytes: 0, tablesDone: 0, tablesTotal: 0 });
  const client = await openTarget(job.target, 'write', {
    applicationName: await backupApplication(job.ctx, job.claim),
  });
  try {
    return await dumpAndCheck(job, client);
  } finally {
    await closeTarget(client);
  }
}

async function dumpAndCheck(
  job: DumpJob,
  client: pg.Client,
): Promise<BackupEnding & { state: 'passed' }> {
  const { ctx, claim, target, deps, attempt } = job;
  const { signal } = deps;
  const identity = await readIdentity(client);
  requirePlannedDatabase(target, claim.plan, identity);
  const pgDump = await findTool(job, 'pg_dump', identity);
  const pgRestore = await findTool(job, 'pg_restore', identity);
  const size = await databaseBytes(client);
  const folder = await createPartialFolder(ctx.config.backups.directory, target.name, claim.label);
  attempt.location = folder.path;
  attempt.folder = folder.path;
  await recordFacts(ctx, claim, { location: folder.path, databaseBytes: size });
  await requireFreeSpace(folder.path, size);

  // Before the snapshot: the age that the gates count is then never too small.
  const snapshotAt = await databaseNow(ctx);
  const snapshot = await check(job, 'Identity recorded', async () => {
    const taken = await openSnapshot(job, client, folder.path);
    return { evidence: identityInWords(identity), value: taken };
  });
  const rows = await check(job, 'Dump finished', async () => {
    const counting = countRows(job, snapshot, folder.path);
    try {
      const { evidence } = await dumpInto(job, client, folder.path, pgDump, snapshot);
      const value = await counting.rows;
      const total = value.reduce((sum, table) => sum + table.rows, 0);
      return {
        evidence: `${evidence}, ${total.toLocaleString('en-US')} rows in its snapshot`,
        value,
      };
    } catch (cause) {
      await counting.stop();
      throw cause;
    }
  });
  // Everything from here on is about files.
  await closeTarget(client);

  const tablesTotal = snapshot.tables.size;
  const { files, bytes } = await check(job, 'Checksums stored', async () => {
    await writeSchemaFile(folder.path, snapshot.schema);
    const found = await filesOf(folder.path);
    const hashed = await withProgressOfHashing(job, folder.path, found, tablesTotal);
    const sum = hashed.reduce((total, file) => total + file.bytes, 0);
    return {
      evidence: `SHA-256 of ${hashed.length} files, ${formatBytes(sum)}`,
      value: { files: hashed, bytes: sum },
    };
  });
  const manifest: BackupManifest = {
    format: 'backstep-manifest-1',
    target: target.name,
    database: {
      systemIdentifier: identity.systemIdentifier,
      name: identity.name,
      serverVersionNum: identity.serverVersionNum,
    },
    head: claim.plan ? headOf(snapshot.rows, claim.plan) : await headByFiles(snapshot.rows, target),
    trackingRows: snapshot.rows.length,
    schemaFingerprint: snapshot.schemaFingerprint,
    activity: snapshot.activity,
    tool: `pg_dump ${pgDump.version}`,
    files,
    rows,
    extensions: snapshot.extensions,
  };
  const manifestSha256 = await writeManifest(folder.path, manifest);
  await job.report({ phase: 'Reading back', bytes, tablesDone: tablesTotal, tablesTotal });
  await check(job, 'Full read', async () => {
    const tables = await readFully(pgRestore.path, folder.path, snapshot, {
      signal,
      executorId: claim.executorId,
    });
    return { evidence: `every entry read back, ${tables} tables, 0 errors`, value: undefined };
  });
  signal.throwIfAborted();
  const kept = await keepBackup({
    config: ctx.config.backups,
    folder,
    target: target.name,
    label: claim.label,
    manifest,
    signal,
    onProgress: (phase, done) =>
      void job.report({ phase, bytes: done, tablesDone: tablesTotal, tablesTotal }),
  });
  attempt.location = kept.location;
  return {
    state: 'passed',
    level: 'read',
    snapshotAt,
    location: kept.location,
    sizeBytes: bytes,
    databaseBytes: size,
    dump: { manifest, manifestSha256, stored: kept.stored },
    checks: attempt.checks,
    message: `${claim.label} is confirmed: ${formatBytes(bytes)} of a ${formatBytes(size)} database.`,
  };
}

async function findTool(
  job: DumpJob,
  tool: 'pg_dump' | 'pg_restore',
  identity: DatabaseIdentity,
): Promise<ClientTool> {
  const serverMajor = Math.floor(identity.serverVersionNum / 10_000);
  const found = await job.deps.findTool(tool, {
    configuredDir: job.ctx.config.clientTools,
    serverMajor,
  });
  // pg_dump refuses a newer server by itself, but only after the page has said 'dumping'.
  if (found.major >= serverMajor) return found;
  throw new BackstepError(
    'client_tool_missing',
    `${found.path} is version ${found.version}, and the server is PostgreSQL ${identity.serverVersion}. Install the client programs of version ${serverMajor} or newer, or name their folder in client_tools.`,
  );
}

async function withProgressOfHashing(
  job: DumpJob,
  folder: string,
  files: { path: string; bytes: number }[],
  tablesTotal: number,
): Promise<BackupManifest['files']> {
  let bytes = 0;
  return withProgress(
    async () => ({ bytes, tablesDone: tablesTotal }),
    (progress) => job.report({ phase: 'Storing checksums', tablesTotal, ...progress }),
    () =>
      hashFiles(folder, files, {
        signal: job.deps.signal,
        onHashed: (done) => {
          bytes = done;
        },
      }),
  );
}
