import type { ListProblem, MigrationFile, MigrationLayout } from '@/lib/core/migration';
import type { RollbackMatch } from '@/lib/core/pair-migrations';
import type { TargetConfig } from '@/lib/core/policy';
import { type MigrationFolder, readMigrationFolder } from './read-migration-folder';
import { readRollbackFolder } from './read-rollback-folder';
import type { ReadOptions } from './read-up-file';

export interface HistoryRequest extends ReadOptions {
  /** Absolute folder of the migrations. */
  migrations: string;
  /** Absolute folder of the scripts. Left out: beside the migrations and in the folders below them. */
  rollbacks?: string | undefined;
  rollbackPattern?: string | undefined;
  tracking: TargetConfig['tracking'];
}

/** Migrations with their scripts, as far as the files tell. */
export interface History {
  layout: MigrationLayout;
  /** In drizzle's order. */
  files: MigrationFile[];
  /** The naming patterns in use, for people, the most used first. */
  naming: string;
  /** By tag; tags with neither a script nor a candidate are left out. Paths are within `scriptsFolder`. */
  scripts: Map<string, RollbackMatch>;
  scriptsFolder: string;
  problems: ListProblem[];
  /** Paths of scripts that belong to no migration. */
  orphans: string[];
}

/**
 * Reads a history from its folders alone: no database and no configuration is needed.
 * @throws BackstepError `journal_invalid`, `rollback_folder_invalid`
 */
export async function readHistory(request: HistoryRequest): Promise<History> {
  const { migrations, rollbacks = migrations, rollbackPattern, tracking } = request;
  const options = { fresh: request.fresh === true };
  const folder: MigrationFolder = await readMigrationFolder({ migrations }, options);
  const source = { name: migrations, migrations, rollbacks, rollbackPattern, tracking };
  const found = await readRollbackFolder(source, folder, options);
  return {
    layout: folder.layout,
    files: folder.files,
    naming: found.naming,
    scripts: found.matches,
    scriptsFolder: rollbacks,
    problems: [
      // Scripts beside the migrations are not in the journal, and rightly so.
      ...folder.problems.filter((problem) => !found.claimed.has(problem.file)),
      ...found.problems,
    ],
    orphans: found.orphans,
  };
}
