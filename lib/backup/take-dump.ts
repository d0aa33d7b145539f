import type pg from 'pg';
import { type BackupManifest, type Ctx, databaseNow } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import { closeTarget, type DatabaseIdentity, openTarget, readIdentity } from '@/lib/target';
import { createPartialFolder, filesOf, requireFreeSpace } from './backup-folder';
import {
  type BackupEnding,
  type BackupProgress,
  type ClaimedBackup,
  recordFacts,
  recordProgress,
} from './backup-record';
import { dumpInto, openSnapshot } from './dump-database';
import { type ClientTool, check, type DumpAttempt, type DumpJob, type DumpTools } from './dump-job';
import { withProgress } from './dump-progress';
import { databaseBytes, headOf } from './dump-snapshot';
import { formatBytes } from './format-bytes';
import { readFully } from './full-read';
import { hashFiles, writeManifest } from './manifest';

/**
 * Dumps a target, stores checksums and reads all of it back. Facts of the manifest and the dump come
 * from one snapshot.
 * @param onLost called when the control database says that this backup is no longer ours
 * @throws BackstepError with a remedy; the signal's reason; anything else is a fault
 */
export async function takeDump(
  ctx: Ctx,
  claim: ClaimedBackup,
  deps: DumpTools & { signal: AbortSignal },
  attempt: DumpAttempt,
  onLost: () => void,
): Promise<BackupEnding & { state: 'passed' }> {
  const report = async (progress: BackupProgress) => {
    // Progress is for watching: a control database that is away for a moment must not cost the dump,
    // whose end is recorded on its own.
    const ours = await recordProgress(ctx, claim, progress).catch(() => true);
    if (!ours) onLost();
    return ours;
  };
  const job: DumpJob = { ctx, claim, target: targetOf(ctx, claim), deps, attempt, report };
  await report({ phase: 'Preparing', bytes: 0, tablesDone: 0, tablesTotal: 0 });
  const client = await openTarget(job.target, 'write', {
    applicationName: `backstep backup ${claim.label}`,
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
  requirePlannedDatabase(job, identity);
  const pgDump = await findTool(job, 'pg_dump', identity);
  const pgRestore = await findTool(job, 'pg_restore', identity);
  const size = await databaseBytes(client);
  const folder = await createPartialFolder(ctx.config.backups.directory, target.name, claim.label);
  attempt.location = folder.path;
  await recordFacts(ctx, claim, { location: folder.path, databaseBytes: size });
  await requireFreeSpace(folder.path, size);

  // Before the snapshot: the age that the gates count is then never too small.
  const snapshotAt = await databaseNow(ctx);
  const snapshot = await check(job, 'Identity recorded', async () => {
    const taken = await openSnapshot(job, client, folder.path);
    const evidence = `system identifier ${identity.systemIdentifier}, database ${identity.name}, PostgreSQL ${identity.serverVersion}`;
    return { evidence, value: taken };
  });
  await check(job, 'Dump finished', () => dumpInto(job, client, folder.path, pgDump, snapshot));
  // Everything from here on is about files.
  await closeTarget(client);

  const tablesTotal = snapshot.tables.size;
  const { files, bytes } = await check(job, 'Checksums stored', async () => {
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
    head: headOf(snapshot.rows, claim.plan),
    trackingRows: snapshot.rows.length,
    schemaFingerprint: snapshot.schemaFingerprint,
    tool: `pg_dump ${pgDump.version}`,
    files,
  };
  const manifestSha256 = await writeManifest(folder.path, manifest);
  await job.report({ phase: 'Reading back', bytes, tablesDone: tablesTotal, tablesTotal });
  await check(job, 'Full read', async () => {
    const tables = await readFully(pgRestore.path, folder.path, snapshot, signal);
    return { evidence: `every entry read back, ${tables} tables, 0 errors`, value: undefined };
  });
  signal.throwIfAborted();
  attempt.location = await folder.publish();
  return {
    state: 'passed',
    snapshotAt,
    location: attempt.location,
    sizeBytes: bytes,
    databaseBytes: size,
    manifest,
    manifestSha256,
    checks: attempt.checks,
    message: `${claim.label} is confirmed: ${formatBytes(bytes)} of a ${formatBytes(size)} database.`,
  };
}

function targetOf(ctx: Ctx, claim: ClaimedBackup): TargetConfig {
  const target = ctx.config.targets.find(({ name }) => name === claim.target);
  if (target) return target;
  throw new BackstepError(
    'config_invalid',
    `The target '${claim.target}' is no longer in ${ctx.config.path}. Put it back, then take the backup again.`,
  );
}

function requirePlannedDatabase(job: DumpJob, identity: DatabaseIdentity): void {
  const { database } = job.claim.plan;
  if (identity.inRecovery) {
    throw new BackstepError(
      'backup_failed',
      `'${job.target.name}' leads to a standby. Write the primary's address into the target's url.`,
    );
  }
  if (identity.systemIdentifier === database.systemIdentifier && identity.name === database.name) {
    return;
  }
  throw new BackstepError(
    'backup_failed',
    `'${job.target.name}' now leads to the database ${identity.name} with system identifier ${identity.systemIdentifier}; the plan is for ${database.name} with ${database.systemIdentifier}. Correct the target's url, or create a new rollback for this database.`,
  );
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
