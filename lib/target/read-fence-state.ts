import type pg from 'pg';
import type { TrackingRow } from '@/lib/core/migration';
import { type LiveFence, readFence } from './read-fence';
import { readTracking, type TrackingTable } from './read-tracking';

/** Beside the trigger, in the tracking table's schema. */
const FENCE_COUNTER = 'backstep_fence_refusals';

/** What a target says about its fence and its rows, of one moment. */
export interface FenceState {
  fence: LiveFence | null;
  /**
   * How often the trigger has refused; null when there is no counter. A server that crashed may count
   * up to 32 too many: PostgreSQL writes sequences ahead.
   */
  refusals: number | null;
  rows: TrackingRow[];
}

const COUNTER_SQL = `
  SELECT coalesce(pg_catalog.pg_sequence_last_value(s.seqrelid), 0)::int AS refusals
    FROM pg_catalog.pg_sequence s
    JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2
     AND pg_catalog.has_sequence_privilege(c.oid, 'USAGE, SELECT')`;

/**
 * Reads trigger, counter and rows in one snapshot.
 * @throws as `readTracking`
 */
export async function readFenceState(
  client: pg.ClientBase,
  tracking: TrackingTable,
): Promise<FenceState> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    const rows = await readTracking(client, tracking);
    const fence = await readFence(client, tracking);
    const counted = await client.query<{ refusals: number }>(COUNTER_SQL, [
      tracking.schema,
      FENCE_COUNTER,
    ]);
    return { fence, refusals: counted.rows[0]?.refusals ?? null, rows };
  } finally {
    await client.query('COMMIT').catch(() => undefined);
  }
}
