import type { Ctx } from '@/lib/control';
import type { BackupRehearsal, RestoredCheck } from '@/lib/core/backup';
import type { TargetConfig } from '@/lib/core/policy';
import { readSchemaFile, restoreArchive, verifyRestored } from '@/lib/restored';
import { refuseOwnServer, testRestoreDatabaseName } from '@/lib/scratch';
import { examineServer } from './examine-server';
import { rehearseOnCopy } from './rehearse-on-copy';
import { withCopy } from './restored-copy';
import type { StoredBytes, TestRestoreDeps } from './test-restore-deps';
import type { TestRestoreProgress } from './test-restore-progress';
import type { ClaimedTestRestore } from './test-restore-record';

interface OnCopy {
  claim: ClaimedTestRestore;
  target: TargetConfig;
  bytes: StoredBytes;
}

export interface TestedCopy {
  check: RestoredCheck;
  rehearsal: BackupRehearsal | null;
}

/**
 * Restores a backup, compares the copy and rehearses on it, in this order: each is only worth something
 * after the one before.
 * @throws BackstepError with a remedy; the signal's reason; anything else is a fault
 */
export async function testOnCopy(
  ctx: Ctx,
  { claim, target, bytes }: OnCopy,
  deps: TestRestoreDeps,
  progress: TestRestoreProgress,
): Promise<TestedCopy> {
  const { scratchUrl, signal } = deps;
  const { manifest } = bytes;
  progress.tell('Preparing');
  await refuseOwnServer(scratchUrl, target, manifest.database.systemIdentifier);
  const server = await examineServer(scratchUrl, manifest, claim.backup.databaseBytes);
  const tool = await deps.findTool('pg_restore', {
    serverMajor: Math.max(server.major, majorOfTool(manifest.tool)),
    ...(ctx.config.clientTools !== undefined && { configuredDir: ctx.config.clientTools }),
  });
  signal.throwIfAborted();
  const total = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  progress.tell('Reading the backup', 0, total);
  const opened = await deps.openBackup(ctx.config.backups, bytes, {
    executorId: claim.executorId,
    signal,
    onBytes: (done) => progress.tell('Reading the backup', done, total),
  });
  try {
    const dumped = await readSchemaFile(opened.folder);
    const name = await testRestoreDatabaseName(ctx, claim.id);
    return await withCopy({ scratchUrl, name, server, dumped, signal }, async (ground) => {
      const jobs = Math.max(1, ctx.config.backups.jobs);
      const { restoreMs } = await restoreArchive({
        program: tool.path,
        folder: opened.folder,
        url: ground.scratch.url,
        jobs,
        rights: ground.rights,
        schemas: ground.schemas,
        executorId: claim.executorId,
        applicationName: `backstep test restore ${claim.id}`,
        signal,
        onProgress: (done, all) => progress.tell('Restoring', done, all),
      });
      const { check, schema } = await verifyRestored(ground.client, {
        connect: ground.scratch.connect,
        jobs,
        manifest,
        dumped,
        tracking: target.tracking,
        restoreMs,
        signal,
        onProgress: (phase, done, all) => progress.tell(phase, done, all),
      });
      check.remarks.unshift(...server.remarks, ...ground.remarks);
      if (!check.ok || !claim.rollback) return { check, rehearsal: null };
      const steps = claim.rollback.plan.steps.length;
      progress.tell('Undoing migrations', 0, steps);
      const rehearsal = await rehearseOnCopy(ground.client, {
        rollback: claim.rollback,
        policy: target.policy,
        dumped,
        schema,
        rehearseSteps: deps.rehearseSteps,
        onProgress: (done, all) => progress.tell('Undoing migrations', done, all),
      });
      return { check, rehearsal };
    });
  } finally {
    await opened.dispose();
  }
}

/** An archive is only read by the version that wrote it, and by newer ones. */
const majorOfTool = (tool: string): number => Number(/^pg_dump (\d+)/.exec(tool)?.[1] ?? 0);
