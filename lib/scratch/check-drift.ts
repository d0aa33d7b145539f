import { snapshotCatalog } from '@/lib/catalog';
import type { DriftReport } from '@/lib/core/evidence';
import type { MigrationFile, MigrationList } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import { closeTarget } from '@/lib/target';
import { compareWithLive } from './compare-with-live';
import { readLiveSchema } from './read-live-schema';
import { replayMigrations } from './replay-migrations';
import { createScratchDatabase } from './scratch-database';
import { UnreplayableError } from './unreplayable';

export interface DriftInput {
  /** Files and tracking rows as they are now. */
  list: Pick<MigrationList, 'entries' | 'rows' | 'layout'>;
  /** A server on which databases may be made and dropped. */
  scratchUrl: string;
  /** Of the scratch database. */
  name: string;
  serverVersionNum: number;
  /** SQL that runs first: what the history expects of the database. */
  bootstrap?: string;
  signal: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/**
 * Compares a target's live schema with what its applied migrations make of an empty database. The
 * target is only read, and the scratch database is gone afterwards.
 * @throws BackstepError `target_unreachable`; `rehearsal_failed` when the scratch server or the
 *   bootstrap script stands in the way; the signal's reason
 */
export async function checkDrift(target: TargetConfig, input: DriftInput): Promise<DriftReport> {
  const { list, signal } = input;
  const files = appliedFiles(list);
  const report = { checkedAt: new Date().toISOString(), headTag: files.at(-1)?.tag ?? null };
  const absent = files.find((file) => file.absent);
  if (absent) {
    const unreplayable = `${absent.path} is applied, and the file is not there`;
    return { ...report, objectsCompared: 0, changes: [], unreplayable };
  }
  const live = await readLiveSchema(target, 'backstep check');
  signal.throwIfAborted();
  const scratch = await createScratchDatabase(input);
  const abort = () => void scratch.drop().catch(() => undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const client = await scratch.connect();
    try {
      await replayMigrations(client, {
        files,
        migrationsFolder: target.migrations,
        layout: list.layout,
        tracking: target.tracking,
        rows: list.rows,
        searchPath: live.searchPath,
        statementTimeoutMs: target.policy.statement_timeout_ms,
        ...(input.bootstrap !== undefined && { bootstrap: input.bootstrap }),
        onProgress: (done) => input.onProgress?.(done, files.length),
        onRole: scratch.ownRole,
      });
      const replayed = await snapshotCatalog(client, { tracking: target.tracking });
      const { differences } = await compareWithLive(client, replayed, live.catalog);
      return {
        ...report,
        objectsCompared: objectsIn(replayed, live.catalog),
        changes: differences,
        unreplayable: null,
      };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof UnreplayableError)) throw error;
      return { ...report, objectsCompared: 0, changes: [], unreplayable: error.reason };
    } finally {
      await closeTarget(client);
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // What stays is found by `dropOrphanedScratch`.
    await scratch.drop().catch(() => undefined);
  }
}

/** What drizzle has applied here, in the order in which it reads the files. */
function appliedFiles(list: Pick<MigrationList, 'entries'>): MigrationFile[] {
  return list.entries
    .flatMap((entry) => (entry.file && entry.row ? [entry.file] : []))
    .sort((a, b) => a.position - b.position);
}

/** How many objects either of two schemas has. */
export function objectsIn(
  a: { objects: Record<string, unknown> },
  b: { objects: Record<string, unknown> },
): number {
  return new Set([...Object.keys(a.objects), ...Object.keys(b.objects)]).size;
}
