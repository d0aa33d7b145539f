import { type Control, tables } from '@/lib/control';
import { type FaultTarget, until } from './fault-room';

/** Waits until a session on the control database waits for a lock, in a statement like this one. */
export function waitForBlockedControl(control: Control, like: string): Promise<void> {
  return until(`somebody waits in ${like}`, async () => {
    const { rows } = await control.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE $1`,
      [like],
    );
    return (rows[0]?.n ?? 0) > 0;
  });
}

const QUIET_LOOKS = 8;

/** Waits until a late owner has closed its connections to the target, which is the end of its part. */
export function waitForGone({ label, proxy }: FaultTarget): Promise<void> {
  return until(`nobody of ${label} is left at the proxy`, async () => proxy.open() === 0);
}

/**
 * Waits until nobody performs the run any more: it has ended, or its session has been gone from the
 * target for a while, as when its end could not be written down.
 */
export async function waitForAbandoned(target: FaultTarget): Promise<void> {
  const looker = await target.sample.database.connect();
  let quiet = 0;
  try {
    await until('nobody performs the run', async () => {
      const { rows } = await looker.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity
         WHERE datname = current_database() AND application_name LIKE 'backstep %'`,
      );
      quiet = rows[0]?.n === 0 ? quiet + 1 : 0;
      return quiet >= QUIET_LOOKS || (await target.row()).status !== 'running';
    });
  } finally {
    await looker.end();
  }
}

/** Waits until so much has passed since the run was claimed, on the control database's clock. */
export function waitOnControlClock(
  control: Control,
  runId: number,
  seconds: number,
): Promise<void> {
  return until(`${seconds} s have passed`, async () => {
    const [row] = await control.db.query.runs.findMany({
      columns: { id: true },
      where: (runs, { and, eq, sql }) =>
        and(
          eq(runs.id, runId),
          sql`${tables.runs.startedAt} < clock_timestamp() - make_interval(secs => ${seconds})`,
        ),
    });
    return row !== undefined;
  });
}
