import { lstat, readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { databaseNow } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { rollbackLabel } from '@/lib/core/rollback';
import { openConnectionEnvironment } from '@/lib/embedded/connection-environment';
import { type DatabaseIdentity, readIdentity, withTarget } from '@/lib/target';
import { createPartialFolder, type PartialFolder, requireFreeSpace } from './backup-folder';
import { type BackupEnding, recordFacts } from './backup-record';
import { backupApplication } from './backup-sessions';
import { commandVariables, fillCommand, readReport, wantsFolder } from './command-line';
import { check, type DumpJob, withoutSecrets } from './dump-job';
import { withProgress } from './dump-progress';
import { databaseBytes } from './dump-snapshot';
import { formatBytes } from './format-bytes';
import { identityInWords, requirePlannedDatabase } from './planned-database';
import { type CommandEnd, runCommand } from './run-command';

/** A line of the command's output, as part of what it is doing. */
const SHOWN_OF_A_LINE = 160;
/** Blanking shorter values would blank innocent text. */
const SHORTEST_SECRET = 6;

/**
 * Has a command of the operator's make the backup. Its exit code decides; nothing of what it made is
 * read, so that the backup is vouched for by the command and no more.
 * @throws BackstepError with a remedy; the signal's reason; anything else is a fault
 */
export async function takeByCommand(job: DumpJob): Promise<BackupEnding & { state: 'passed' }> {
  const { ctx, claim, target, attempt } = job;
  const { command } = target.policy.backup;
  if (command === null) {
    throw new BackstepError(
      'config_invalid',
      `'${target.name}' has no command for backups any more. Write policy.backup.command, then take the backup again.`,
    );
  }
  await job.report({ phase: 'Preparing', bytes: 0, tablesDone: 0, tablesTotal: 0 });
  const size = await check(job, 'Identity recorded', () => lookAtTarget(job));
  const folder = wantsFolder(command) ? await openFolder(job, size) : null;
  // Before the command: the age that the gates count is then never too small.
  const snapshotAt = await databaseNow(ctx);
  const report = await check(job, 'Command finished', async () => {
    const argv = fillCommand(command, {
      target: target.name,
      rollback: claim.rollbackId === null ? claim.label : rollbackLabel(claim.rollbackId),
      out: folder?.path ?? '',
    });
    const end = await runWithProgress(job, argv, folder);
    if (end.code !== 0) throw failed(argv[0] ?? '', end);
    const value = readReport(end.lastLine);
    const sum = value.sha256 ? `, SHA-256 ${value.sha256} as the command says` : '';
    return { evidence: `${argv[0]} ended with exit code 0${sum}`, value };
  });
  job.deps.signal.throwIfAborted();
  const written = folder ? await bytesBelow(folder.path) : 0;
  const location = await settle(job, folder, written, report.location);
  attempt.location = location;
  const sizeBytes = report.size ?? (written > 0 ? written : null);
  const said = sizeBytes === null ? '' : `: ${formatBytes(sizeBytes)}`;
  return {
    state: 'passed',
    level: 'vouched',
    snapshotAt,
    location,
    sizeBytes,
    databaseBytes: size,
    dump: null,
    checks: attempt.checks,
    message: `${claim.label} is made by the command${said}, in ${location}. Backstep has not read it.`,
  };
}

async function lookAtTarget(job: DumpJob): Promise<{ evidence: string; value: number }> {
  const options = { applicationName: await backupApplication(job.ctx, job.claim) };
  const seen: { identity: DatabaseIdentity; bytes: number } = await withTarget(
    job.target,
    'write',
    async (client) => ({
      identity: await readIdentity(client),
      bytes: await databaseBytes(client),
    }),
    options,
  );
  requirePlannedDatabase(job.target, job.claim.plan, seen.identity);
  return { evidence: identityInWords(seen.identity), value: seen.bytes };
}

async function openFolder(job: DumpJob, size: number): Promise<PartialFolder> {
  const { ctx, claim, target, attempt } = job;
  const folder = await createPartialFolder(ctx.config.backups.directory, target.name, claim.label);
  attempt.location = folder.path;
  await recordFacts(ctx, claim, { location: folder.path, databaseBytes: size });
  await requireFreeSpace(folder.path, size);
  return folder;
}

async function runWithProgress(
  job: DumpJob,
  argv: string[],
  folder: PartialFolder | null,
): Promise<CommandEnd> {
  const { ctx, claim, target, deps } = job;
  const passedOn = commandVariables(process.env);
  const secrets = Object.values(passedOn).filter((value) => value.length >= SHORTEST_SECRET);
  const clean = (line: string) =>
    secrets.reduce((text, secret) => text.replaceAll(secret, '•••'), withoutSecrets(job, line));
  const connection = await openConnectionEnvironment(target.url, {
    executorId: claim.executorId,
    applicationName: await backupApplication(ctx, claim),
  });
  let phase = 'Running the command';
  try {
    return await withProgress(
      async () => ({ phase, bytes: folder ? await bytesBelow(folder.path) : 0 }),
      (progress) => job.report({ ...progress, tablesDone: 0, tablesTotal: 0 }),
      () =>
        runCommand({
          argv,
          cwd: path.dirname(ctx.config.path),
          env: { ...passedOn, ...connection.variables },
          signal: deps.signal,
          timeLimitMs: target.policy.backup.command_timeout_minutes * 60_000,
          clean,
          onLine: (line) => {
            phase = `Command: ${line.slice(0, SHOWN_OF_A_LINE)}`;
          },
        }),
    );
  } finally {
    await connection.dispose();
  }
}

function failed(program: string, end: CommandEnd): BackstepError {
  const how = end.code === null ? 'was ended by a signal' : `ended with exit code ${end.code}`;
  const words = end.lastWords.join(' ') || 'none';
  return new BackstepError(
    'backup_failed',
    `The command ${program} ${how}. Mend what it names, then take the backup again. Its last words: ${words}`,
  );
}

/** Where the backup is in the end: what the command says, else the folder that it was given. */
async function settle(
  job: DumpJob,
  folder: PartialFolder | null,
  written: number,
  said: string | undefined,
): Promise<string> {
  if (folder && written > 0) {
    const final = await folder.publish();
    return said?.replace(folder.path, final) ?? final;
  }
  if (folder) await rmdir(folder.path).catch(() => undefined);
  if (said !== undefined) return said;
  if (folder) {
    throw new BackstepError(
      'backup_failed',
      'The command ended well, but it wrote nothing into {out} and named no location. Correct it, then take the backup again.',
    );
  }
  return `as ${path.basename(job.target.policy.backup.command?.[0] ?? 'the command')} keeps it`;
}

/** Bytes of all files below a folder; what goes away meanwhile does not count. */
async function bytesBelow(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true })) {
    const found = await lstat(path.join(folder, entry)).catch(() => undefined);
    if (found?.isFile()) sum += found.size;
  }
  return sum;
}
