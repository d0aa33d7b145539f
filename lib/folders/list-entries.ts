import { BackstepError } from '@/lib/core/errors';
import type { MigrationList, TrackingRow } from '@/lib/core/migration';
import { floorPosition, pairMigrations } from '@/lib/core/pair-migrations';
import type { TargetConfig } from '@/lib/core/policy';
import { type ReadOptions, readMigrationFolder } from './read-migration-folder';
import { readRollbackFolder } from './read-rollback-folder';

type FolderTarget = Parameters<typeof readRollbackFolder>[0] &
  Parameters<typeof readMigrationFolder>[0] &
  Pick<TargetConfig, 'foundation'>;

/** What the two folders of a target hold, before it is known what is applied. */
export interface TargetFolders {
  migrations: Awaited<ReturnType<typeof readMigrationFolder>>;
  rollbacks: Awaited<ReturnType<typeof readRollbackFolder>>;
}

/**
 * Reads both folders of a target.
 * @throws BackstepError `journal_invalid`, `rollback_folder_invalid`; `config_invalid` when the
 *   foundation names no migration: without a floor, too much could be undone
 */
export async function readFolders(
  target: FolderTarget,
  options: ReadOptions = {},
): Promise<TargetFolders> {
  const migrations = await readMigrationFolder(target, options);
  const { files } = migrations;
  if (floorPosition(files, target.foundation) === undefined) {
    throw new BackstepError(
      'config_invalid',
      `The foundation '${target.foundation}' of '${target.name}' is no migration of ${target.migrations}. Write the tag or number of one that is in its journal.`,
    );
  }
  const tags = files.map((file) => file.tag);
  return { migrations, rollbacks: await readRollbackFolder(target, tags, options) };
}

/** Files, rollback scripts and tracking rows of a target as one list with states. */
export function pairFolders(
  target: FolderTarget,
  { migrations, rollbacks }: TargetFolders,
  rows: readonly TrackingRow[],
): MigrationList {
  const { entries, head } = pairMigrations({
    files: migrations.files,
    rows,
    rollbacks: rollbacks.matches,
    foundation: target.foundation,
  });
  return {
    entries,
    head,
    rows: [...rows],
    // Scripts beside the migrations are not in the journal, and rightly so.
    problems: [
      ...migrations.problems.filter((problem) => !rollbacks.claimed.has(problem.file)),
      ...rollbacks.problems,
    ],
    rollbackPattern: rollbacks.pattern,
  };
}

/**
 * Both in one, for who has the rows already.
 * @throws BackstepError as `readFolders`
 */
export async function listEntries(
  target: FolderTarget,
  rows: readonly TrackingRow[],
  options: ReadOptions = {},
): Promise<MigrationList> {
  return pairFolders(target, await readFolders(target, options), rows);
}
