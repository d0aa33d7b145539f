import type { Ctx } from '@/lib/control';
import type { MigrationList } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import { pairFolders, readFolders } from '@/lib/folders';
import { attachProofs } from '@/lib/proof';
import {
  type DatabaseIdentity,
  type LiveFence,
  readFence,
  readIdentity,
  readingRefused,
  readTracking,
  withTarget,
} from '@/lib/target';

/** One slow target must not hold up the page of all targets for longer. */
const TIME_LIMIT_MS = 8_000;

/** A target as it is now. */
export interface TargetState {
  identity: DatabaseIdentity;
  list: MigrationList;
  fence: LiveFence | null;
}

/**
 * Reads files and database of a target.
 * @throws BackstepError `target_unreachable`, `tracking_table_absent`, `refused`, `journal_invalid`,
 *   `rollback_folder_invalid`, `config_invalid`
 */
export async function readTargetState(target: TargetConfig): Promise<TargetState> {
  try {
    // Side by side: neither needs the other until both are there.
    const reading = readFolders(target);
    reading.catch(() => undefined);
    const live = await withTarget(
      target,
      'read',
      async (client) => {
        // One snapshot, so that rows and fence belong together.
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const identity = await readIdentity(client);
        const rows = await readTracking(client, target.tracking);
        const fence = await readFence(client, target.tracking);
        await client.query('COMMIT');
        return { identity, rows, fence };
      },
      { applicationName: 'backstep list', timeLimitMs: TIME_LIMIT_MS },
    );
    const list = pairFolders(target, await reading, live.rows);
    return { identity: live.identity, list, fence: live.fence };
  } catch (error) {
    throw readingRefused(target, error);
  }
}

/**
 * The same, with what is known of the scripts' proofs.
 * @throws BackstepError as `readTargetState`
 */
export async function readProvenState(
  ctx: Pick<Ctx, 'db'>,
  target: TargetConfig,
): Promise<TargetState> {
  const state = await readTargetState(target);
  const { serverVersionNum } = state.identity;
  return { ...state, list: await attachProofs(ctx, target, state.list, serverVersionNum) };
}
