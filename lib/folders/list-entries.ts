import { BackstepError } from '@/lib/core/errors';
import { forecastMigrate } from '@/lib/core/migrate-forecast';
import type { ListProblem, MigrationEntry, MigrationList, TrackingRow } from '@/lib/core/migration';
import { floorPosition, pairMigrations } from '@/lib/core/pair-migrations';
import type { TargetConfig } from '@/lib/core/policy';
import { readMigrationFolder } from './read-migration-folder';
import { readRollbackFolder } from './read-rollback-folder';
import type { ReadOptions } from './read-up-file';

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
  return { migrations, rollbacks: await readRollbackFolder(target, migrations, options) };
}

/** Files, rollback scripts and tracking rows of a target as one list with states. */
export function pairFolders(
  target: FolderTarget,
  { migrations, rollbacks }: TargetFolders,
  rows: readonly TrackingRow[],
): MigrationList {
  const { layout, files } = migrations;
  const { entries, head } = pairMigrations({
    layout,
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
      ...migrations.problems.filter((problem) => !rollbacks.claimed.has(problem.file)),
      ...rollbacks.problems,
      ...unknownRows(target, entries),
    ],
    rollbackPattern: rollbacks.pattern,
    layout,
    forecast: forecastMigrate({ layout, files, rows, problems: migrations.problems }),
  };
}

const MOST_NAMED = 5;

/** One for all of them: another application's journal in the same table may have hundreds. */
function unknownRows(
  { tracking }: Pick<TargetConfig, 'tracking'>,
  entries: readonly MigrationEntry[],
): ListProblem[] {
  const rows = entries.flatMap((entry) =>
    entry.state === 'unknown' && entry.row ? [entry.row] : [],
  );
  if (rows.length === 0) return [];
  const table = `${tracking.schema}.${tracking.table}`;
  const names = rows
    .slice(0, MOST_NAMED)
    .map(({ id, name, hash }) => `${id} (${name ?? `hash ${hash.slice(0, 12)}`})`);
  if (rows.length > MOST_NAMED) names.push(`${rows.length - MOST_NAMED} more`);
  const what = rows.length === 1 ? 'A row' : `${rows.length} rows`;
  return [
    {
      code: 'unknown_row',
      file: table,
      message: `${what} of ${table} ${rows.length === 1 ? 'belongs' : 'belong'} to no file of this folder: ${names.join(', ')}. They may come from another application or a branch; nothing at or below such a row is undone here.`,
    },
  ];
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
