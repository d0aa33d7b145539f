import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import type { TrackingRow } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import {
  type DatabaseIdentity,
  readIdentity,
  readingRefused,
  readTracking,
  withTarget,
} from '@/lib/target';
import { schemaObjectHashes } from './schema-objects';

/** A snapshot of a large schema takes well under a second; more means that something hangs. */
const TIME_LIMIT_MS = 20_000;

/** What a plan pins of the database. */
export interface LiveTarget {
  identity: DatabaseIdentity;
  rows: TrackingRow[];
  schemaFingerprint: string;
  schemaObjects: Record<string, string>;
}

/**
 * Identity, tracking rows and schema of a target, all of one moment.
 * @throws BackstepError `target_unreachable`, `tracking_table_absent`, `refused`
 */
export async function readLive(target: TargetConfig): Promise<LiveTarget> {
  try {
    return await withTarget(
      target,
      'read',
      async (client) => {
        // One snapshot for everything: rows of now with a schema of then would pin a state that
        // never was.
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const identity = await readIdentity(client);
        const rows = await readTracking(client, target.tracking);
        const snapshot = await snapshotCatalog(client, { tracking: target.tracking });
        await client.query('COMMIT');
        return {
          identity,
          rows,
          schemaFingerprint: fingerprint(snapshot),
          schemaObjects: schemaObjectHashes(snapshot),
        };
      },
      { applicationName: 'backstep plan', timeLimitMs: TIME_LIMIT_MS },
    );
  } catch (error) {
    throw readingRefused(target, error);
  }
}
