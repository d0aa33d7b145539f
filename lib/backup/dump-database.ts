import type pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { openConnectionEnvironment } from '@/lib/embedded/connection-environment';
import { SQLSTATE, sqlstateOf } from '@/lib/target';
import { backupApplication } from './backup-sessions';
import { diagnoseDumpFailure } from './diagnose-dump-failure';
import { type ClientTool, type DumpJob, lockWait, withoutSecrets } from './dump-job';
import { bytesIn, pace, TableCounter, withProgress } from './dump-progress';
import { type DumpSnapshot, openDumpSnapshot } from './dump-snapshot';
import { runDump } from './run-dump';

/**
 * Opens the snapshot that the dump will use.
 * @throws BackstepError `backup_failed` naming the session that holds a table; `tracking_table_absent`
 */
export async function openSnapshot(
  job: DumpJob,
  client: pg.Client,
  folder: string,
): Promise<DumpSnapshot> {
  try {
    return await openDumpSnapshot(client, job.target, lockWait(job));
  } catch (cause) {
    if (sqlstateOf(cause) !== SQLSTATE.lockNotAvailable) throw cause;
    await client.query('ROLLBACK');
    throw new BackstepError(
      'backup_failed',
      `The schema could not be read. ${await diagnoseDumpFailure(client, folder)}`,
      { cause },
    );
  }
}

/**
 * Dumps the snapshot into an empty folder and tells how far it is.
 * @throws BackstepError `backup_failed` with pg_dump's last words and a remedy; the signal's reason
 */
export async function dumpInto(
  job: DumpJob,
  client: pg.Client,
  folder: string,
  pgDump: ClientTool,
  snapshot: DumpSnapshot,
): Promise<{ evidence: string; value: undefined }> {
  const { claim, target, deps, ctx } = job;
  const { jobs } = ctx.config.backups;
  const tablesTotal = snapshot.tables.size;
  const sizes = new Map([...snapshot.tables.values()].map(({ name, bytes }) => [name, bytes]));
  const counter = new TableCounter(jobs > 1, sizes);
  const started = performance.now();
  const connection = await openConnectionEnvironment(target.url, {
    executorId: claim.executorId,
    applicationName: await backupApplication(ctx, claim),
  });
  try {
    const end = await withProgress(
      async () => ({ bytes: await bytesIn(folder), tablesDone: counter.done }),
      ({ bytes, tablesDone }) =>
        job.report({
          phase: 'Dumping',
          bytes,
          tablesDone: Math.min(tablesDone, tablesTotal),
          tablesTotal,
          ...pace(performance.now() - started, bytes, counter.share),
        }),
      () =>
        runDump({
          program: pgDump.path,
          folder,
          jobs,
          snapshotId: snapshot.id,
          lockWaitMs: lockWait(job),
          environment: connection.variables,
          signal: deps.signal,
          onLine: (line) => counter.read(line),
        }),
    );
    if (end.code !== 0) {
      const remedy = await diagnoseDumpFailure(client, folder).catch(
        () => 'Mend what pg_dump names, then take the backup again.',
      );
      throw new BackstepError(
        'backup_failed',
        `pg_dump ended with ${end.code === null ? 'a signal' : `exit code ${end.code}`}. ${remedy} Its last words: ${withoutSecrets(job, end.lastWords.join(' '))}`,
      );
    }
    const warnings = end.warnings === 0 ? 'no warnings' : `${end.warnings} warnings`;
    return { evidence: `exit code 0, ${tablesTotal} tables, ${warnings}`, value: undefined };
  } finally {
    await connection.dispose();
  }
}
