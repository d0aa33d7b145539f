import pg from 'pg';
import type { TableRows } from '@/lib/core/backup';
import { BackstepError } from '@/lib/core/errors';
import { closeTarget, openTarget, SQLSTATE, sqlstateOf } from '@/lib/target';
import { backupApplication } from './backup-sessions';
import { diagnoseDumpFailure } from './diagnose-dump-failure';
import { type DumpJob, lockWait, withoutSecrets } from './dump-job';
import type { DumpedTable, DumpSnapshot } from './dump-snapshot';

/** Counting that goes on beside the dump. */
export interface RowCount {
  /** @throws BackstepError `backup_failed` */
  rows: Promise<TableRows[]>;
  /** Gives it up; `rows` is not awaited any more. */
  stop(): Promise<void>;
}

/**
 * Counts the rows of every table of the dump, in the dump's own snapshot and on a connection of its
 * own: what a restored copy is compared with. The snapshot's transaction must be open.
 */
export function countRows(job: DumpJob, snapshot: DumpSnapshot, folder: string): RowCount {
  let client: pg.Client | undefined;
  let stopped = false;
  const count = async (): Promise<TableRows[]> => {
    client = await openTarget(job.target, 'write', {
      applicationName: `${await backupApplication(job.ctx, job.claim)} rows`,
    });
    try {
      return await countOn(client, snapshot, lockWait(job), () => stopped);
    } catch (cause) {
      if (stopped || !isServerError(cause)) throw cause;
      throw await inWords(job, client, folder, cause);
    } finally {
      await closeTarget(client);
    }
  };
  const rows = count();
  // Whoever stops it does not wait for it.
  rows.catch(() => undefined);
  return {
    rows,
    async stop() {
      stopped = true;
      if (client) await closeTarget(client);
    },
  };
}

async function countOn(
  client: pg.Client,
  snapshot: DumpSnapshot,
  lockWaitMs: number,
  stopped: () => boolean,
): Promise<TableRows[]> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(`SET TRANSACTION SNAPSHOT ${pg.escapeLiteral(snapshot.id)}`);
  await client.query('SET LOCAL statement_timeout = 0');
  // Rows that a policy hides would only be missed when the copy has more.
  await client.query('SET LOCAL row_security = off');
  await client.query("SELECT pg_catalog.set_config('lock_timeout', $1, true)", [
    String(lockWaitMs),
  ]);
  const counted: TableRows[] = [];
  for (const table of snapshot.tables.values()) {
    if (stopped()) return [];
    counted.push({ table: table.name, rows: await rowsOf(client, table) });
  }
  return counted.sort((a, b) => (a.table < b.table ? -1 : 1));
}

/** Of the table itself: those of tables that inherit from it are counted there. */
async function rowsOf(client: pg.Client, { schema, table }: DumpedTable): Promise<number> {
  const name = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
  const { rows } = await client.query<{ count: string }>(
    `SELECT pg_catalog.count(*)::text AS count FROM ONLY ${name}`,
  );
  return Number(rows[0]?.count);
}

const isServerError = (cause: unknown): boolean => sqlstateOf(cause) !== undefined;

async function inWords(
  job: DumpJob,
  client: pg.Client,
  folder: string,
  cause: unknown,
): Promise<BackstepError> {
  await client.query('ROLLBACK').catch(() => undefined);
  const said = withoutSecrets(job, (cause as Error).message);
  const remedy = await diagnoseDumpFailure(client, folder).catch(() => 'Take the backup again.');
  const waited = sqlstateOf(cause) === SQLSTATE.lockNotAvailable;
  return new BackstepError(
    'backup_failed',
    waited
      ? `The rows could not be counted. ${remedy}`
      : `The rows could not be counted: ${said}. ${remedy}`,
    { cause },
  );
}
