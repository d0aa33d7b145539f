import { BackstepError } from '@/lib/core/errors';
import type { MigrationList, TrackingRow } from '@/lib/core/migration';
import { floorPosition, pairMigrations } from '@/lib/core/pair-migrations';
import type { TargetConfig } from '@/lib/core/policy';
import { type ReadOptions, readMigrationFolder } from './read-migration-folder';
import { readRollbackFolder } from './read-rollback-folder';

/**
 * Files, rollback scripts and tracking rows of a target as one list with states.
 * @throws BackstepError `journal_invalid`, `rollback_folder_invalid`; `config_invalid` when the
 *   foundation names no migration: without a floor, too much could be undone
 */
export async function listEntries(
  target: TargetConfig,
  rows: readonly TrackingRow[],
  options: ReadOptions = {},
): Promise<MigrationList> {
  const { files, problems } = await readMigrationFolder(target, options);
  if (floorPosition(files, target.foundation) === undefined) {
    throw new BackstepError(
      'config_invalid',
      `The foundation '${target.foundation}' of '${target.name}' is no migration of ${target.migrations}. Write the tag or number of one that is in its journal.`,
    );
  }
  const rollbacks = await readRollbackFolder(
    target,
    files.map((file) => file.tag),
    options,
  );
  const { entries, head } = pairMigrations({
    files,
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
      ...problems.filter((problem) => !rollbacks.claimed.has(problem.file)),
      ...rollbacks.problems,
    ],
    rollbackPattern: rollbacks.pattern,
  };
}
