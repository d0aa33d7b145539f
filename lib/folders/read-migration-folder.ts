import type { ListProblem, MigrationFile, MigrationLayout } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import { boundedParallel } from './bounded-parallel';
import { type FolderEntry, fileErrorCode, folderEntries } from './folder-entries';
import { orderProblems } from './folder-problems';
import { type JournalEntry, noJournal, readJournal } from './read-journal';
import { type ReadOptions, readUpFile } from './read-up-file';
import { findVersionFolders, readVersionFolders, type VersionFolder } from './read-version-folders';

export interface MigrationFolder {
  layout: MigrationLayout;
  /** In the order in which drizzle reads them. */
  files: MigrationFile[];
  problems: ListProblem[];
}

/**
 * The migrations of a drizzle folder in drizzle's order, hashed as drizzle hashes them: a journal folder
 * (drizzle <= 0.45), or one with a folder for each migration (1.0). A journal with entries decides,
 * as drizzle <= 0.45 does not see folders and 1.0 refuses a folder with a journal.
 *
 * An entry of the journal whose file is not there is in the list as `absent`, and named in a problem.
 * @throws BackstepError `journal_invalid` when there is neither, or a file of them is broken
 */
export async function readMigrationFolder(
  target: Pick<TargetConfig, 'migrations'>,
  options: ReadOptions = {},
): Promise<MigrationFolder> {
  const folder = target.migrations;
  const [journal, versions] = await Promise.all([
    readJournal(folder, options.fresh === true),
    versionFoldersOf(folder),
  ]);
  const { found } = versions;
  if (found.length > 0 && (journal ?? []).length === 0) {
    const files = await readVersionFolders(folder, found, options);
    const problems = [
      ...(journal ? [emptyJournal(found)] : []),
      ...versions.problems,
      ...(await looseFiles(folder)),
    ];
    return withOrder({ layout: 'folders', files, problems });
  }
  if (!journal) throw noJournal(folder);
  const { files, problems } = await readJournalFolder(folder, journal, options);
  const dated = found.filter(({ tag }) => /^\d{14}/.test(tag));
  if (dated.length > 0) problems.push(twoLayouts(dated));
  return withOrder({ layout: 'journal', files, problems });
}

function withOrder({ layout, files, problems }: MigrationFolder): MigrationFolder {
  return { layout, files, problems: [...problems, ...orderProblems(layout, files)] };
}

async function versionFoldersOf(folder: string): ReturnType<typeof findVersionFolders> {
  try {
    return await findVersionFolders(folder);
  } catch (error) {
    // Whatever keeps the folder from being listed, the missing journal is what people look for.
    if (fileErrorCode(error) === undefined) throw error;
    return { found: [], problems: [] };
  }
}

async function readJournalFolder(
  folder: string,
  entries: readonly JournalEntry[],
  options: ReadOptions,
): Promise<{ files: MigrationFile[]; problems: ListProblem[] }> {
  const inFolder = await folderEntries(folder);
  const numbered = entries.map((entry, position) => ({ ...entry, position }));
  const files = await boundedParallel(numbered, async (entry): Promise<MigrationFile> => {
    const { position, idx, tag, when, breakpoints } = entry;
    const path = `${tag}.sql`;
    const found = inFolder.get(path);
    if (!found)
      return { position, idx, tag, when, path, absent: true, hash: '', sql: '', breakpoints };
    const { sql, hash } = await readUpFile(folder, found, options);
    return { position, idx, tag, when, path, hash, sql, breakpoints };
  });
  const inJournal = new Set(files.map((file) => file.path));
  return {
    files,
    problems: [
      ...files.filter((file) => file.absent).map(absentFile),
      ...sqlFiles(inFolder, inJournal).map(
        (file): ListProblem => ({
          code: 'file_not_in_journal',
          file,
          message: `${file} is in the migrations folder and not in its journal, so drizzle never applies it.`,
        }),
      ),
    ],
  };
}

function sqlFiles(
  inFolder: ReadonlyMap<string, FolderEntry>,
  known: ReadonlySet<string> = new Set(),
): string[] {
  return [...inFolder.keys()].filter(
    (name) => name.toLowerCase().endsWith('.sql') && !known.has(name),
  );
}

function absentFile({ path }: MigrationFile): ListProblem {
  return {
    code: 'journal_entry_without_file',
    file: path,
    message: `${path} is in the journal and not in the folder. Restore it from version control: drizzle reads every file of the journal before it begins, and fails without it.`,
  };
}

async function looseFiles(folder: string): Promise<ListProblem[]> {
  return sqlFiles(await folderEntries(folder)).map((file) => ({
    code: 'file_not_in_journal',
    file,
    message: `${file} lies beside the migrations’ folders, where drizzle 1.0 never looks.`,
  }));
}

const countOf = (found: readonly VersionFolder[]): string =>
  found.length === 1 ? `one folder (${found[0]?.tag})` : `${found.length} folders`;

function twoLayouts(found: readonly VersionFolder[]): ListProblem {
  return {
    code: 'two_layouts',
    file: 'meta/_journal.json',
    message: `There are a journal with entries and ${countOf(found)} of drizzle 1.0. The journal counts here: drizzle up to 0.45 does not see the folders, and 1.0 refuses to start beside a journal. Upgrade with drizzle-kit up, or remove the folders.`,
  };
}

function emptyJournal(found: readonly VersionFolder[]): ListProblem {
  return {
    code: 'two_layouts',
    file: 'meta/_journal.json',
    message: `There are an empty journal and ${countOf(found)} of drizzle 1.0. The folders count here, and drizzle 1.0 refuses to start until meta/_journal.json is removed.`,
  };
}
