import { desc, eq } from 'drizzle-orm';
import { openBackup } from '@/lib/backup';
import { perform as performBackup, queueBackup } from '@/lib/backup/backup.test-setup';
import { type Ctx, installationId, readEvents, tables } from '@/lib/control';
import { SYSTEM_ACTOR } from '@/lib/core/actor';
import type { RollbackEvent } from '@/lib/core/events';
import { findClientTool } from '@/lib/embedded';
import { rehearseSteps } from '@/lib/rehearsal';
import { asAdmin } from '@/lib/rehearsal/rehearsal.test-setup';
import { adminUrl } from '@/lib/testing/database';
import { until } from '@/lib/testing/fault-room';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { type PerformedTestRestore, performTestRestore, type TestRestoreDeps } from '.';

export const EXECUTOR = '00000000-0000-4000-8000-00000000000a';

export const systemCtx = (planned: PlannedRollback): Ctx => planned.as(SYSTEM_ACTOR);

/** Runs statements on the live database before it is dumped. */
export async function onLive(planned: PlannedRollback, ...statements: string[]): Promise<void> {
  const client = await planned.live.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/**
 * Takes a real backup for the rollback, which queues its test as it ends.
 * @returns the ids of both
 */
export async function backUp(
  planned: PlannedRollback,
): Promise<{ backupId: number; testRestoreId: number }> {
  const backupId = await queueBackup(planned);
  const ended = await performBackup(planned, backupId);
  if (ended !== 'passed') throw new Error(`the backup ended as ${ended}`);
  const [queued] = await planned.control.db
    .select({ id: tables.testRestores.id })
    .from(tables.testRestores)
    .where(eq(tables.testRestores.backupId, backupId))
    .orderBy(desc(tables.testRestores.id));
  if (!queued) throw new Error('no test restore was queued');
  return { backupId, testRestoreId: queued.id };
}

export function perform(
  planned: PlannedRollback,
  testRestoreId: number,
  more: Partial<TestRestoreDeps> = {},
): Promise<PerformedTestRestore> {
  return performTestRestore(
    systemCtx(planned),
    { testRestoreId },
    {
      executorId: EXECUTOR,
      scratchUrl: adminUrl(),
      signal: new AbortController().signal,
      findTool: findClientTool,
      openBackup,
      rehearseSteps,
      ...more,
    },
  );
}

/**
 * The same, in turn with the other test files on this server: a real second installation would have to
 * wait as well.
 */
export async function performInTurn(
  planned: PlannedRollback,
  testRestoreId: number,
  more: Partial<TestRestoreDeps> = {},
): Promise<PerformedTestRestore> {
  let ended: PerformedTestRestore = 'waiting';
  await until('it is our turn', async () => {
    ended = await perform(planned, testRestoreId, more);
    return ended !== 'waiting';
  });
  return ended;
}

export async function testRow(planned: PlannedRollback, id: number) {
  const [row] = await planned.control.db
    .select()
    .from(tables.testRestores)
    .where(eq(tables.testRestores.id, id));
  if (!row) throw new Error(`there is no test restore ${id}`);
  return row;
}

export async function eventsOf<K extends RollbackEvent['kind']>(planned: PlannedRollback, kind: K) {
  const events = await readEvents(systemCtx(planned), planned.rollbackId);
  return events.filter(
    (event): event is Extract<RollbackEvent, { kind: K }> => event.kind === kind,
  );
}

/** Databases of this installation's test restores on the scratch server. */
export async function copies(planned: PlannedRollback): Promise<string[]> {
  const prefix = `backstep_test_restore_${await installationId(systemCtx(planned))}_`;
  return asAdmin(async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1',
      [prefix],
    );
    return rows.map(({ name }) => name);
  });
}
