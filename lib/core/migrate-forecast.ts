import type { ListProblem, MigrationFile, MigrationLayout, TrackingRow } from './migration';
import { newestRow } from './pair-migrations';
import { pairRows, secondOf } from './pair-rows';

/** What drizzle's migrate() would do with a folder, asked against a tracking table. */
export interface MigrateForecast {
  /** Which rule counts: journal folders are read by drizzle <= 0.45, folders by drizzle 1.0. */
  drizzle: '0.x' | '1.x';
  /** Tags in the order in which they would be applied. */
  applies: string[];
  /** Not applied, and never will be by an incremental migrate(), silently. */
  skips: { tag: string; why: string }[];
  /** Why migrate() stops with an error before it applies anything; left out where it does not. */
  fails?: string;
}

export interface ForecastInput {
  layout: MigrationLayout;
  /** In the order in which drizzle reads them. */
  files: readonly MigrationFile[];
  rows: readonly TrackingRow[];
  /** Whether the table has drizzle 1.0's columns. Left out: told by the rows. */
  named?: boolean;
  /** What was found about the folder: a journal beside 1.0 folders keeps drizzle from starting. */
  problems?: readonly Pick<ListProblem, 'code'>[];
}

/**
 * What the next migrate() does with these files and this tracking table.
 *
 * drizzle <= 0.45 reads the newest created_at once and applies every entry with a larger `when`, in
 * journal order; with no row at all it applies everything, whatever the times are. 1.0 applies what
 * has no row of its name, and gives names to the rows of an older table first.
 */
export function forecastMigrate(input: ForecastInput): MigrateForecast {
  return input.layout === 'folders' ? byName(input) : byTime(input);
}

/** Whether rows show that their table has drizzle 1.0's columns. */
export function hasNames(rows: readonly TrackingRow[]): boolean {
  return rows.some((row) => row.name !== undefined || row.appliedAt !== undefined);
}

/**
 * Migrations that a database misses for ever when it is migrated after each of them: their `when` is
 * not larger than one before. A database that is migrated from nothing gets them.
 */
export function skippedWhenIncremental({
  layout,
  files,
}: Pick<ForecastInput, 'layout' | 'files'>): MigrateForecast['skips'] {
  if (layout === 'folders') return [];
  let newest: MigrationFile | undefined;
  return files.flatMap((file) => {
    if (!newest || file.when > newest.when) {
      newest = file;
      return [];
    }
    return [
      {
        tag: file.tag,
        why: `The journal time of ${file.tag} is not larger than that of ${newest.tag} before it, so a database that has ${newest.tag} never gets ${file.tag} from drizzle.`,
      },
    ];
  });
}

function byTime({ layout, files, rows }: ForecastInput): MigrateForecast {
  const newest = newestRow(rows);
  const pairs = pairRows(layout, files, rows);
  const waits = (file: MigrationFile) => !newest || Number(newest.createdAt) < file.when;
  const newestName = [...pairs].find(([, row]) => row === newest)?.[0].tag ?? `row ${newest?.id}`;
  const skips = files
    .filter((file) => !pairs.has(file) && !waits(file))
    .map(({ tag }) => ({
      tag,
      why: `Its journal time is not larger than that of the newest applied migration, ${newestName}: drizzle passes over it without a word.`,
    }));
  const absent = files.find((file) => file.absent);
  if (absent) {
    const fails = `drizzle reads every file of the journal before it begins, and ${absent.path} is not there.`;
    return { drizzle: '0.x', applies: [], skips, fails };
  }
  return { drizzle: '0.x', applies: files.filter(waits).map(({ tag }) => tag), skips };
}

function byName({ files, rows, named = hasNames(rows), problems }: ForecastInput): MigrateForecast {
  if (problems?.some(({ code }) => code === 'two_layouts')) {
    const fails = 'drizzle 1.0 refuses to start beside meta/_journal.json, even an empty one.';
    return { drizzle: '1.x', applies: [], skips: [], fails };
  }
  const { names, unmatched } = named ? namesIn(rows) : backfill(files, rows);
  if (unmatched.length > 0) {
    const fails = `drizzle gives names to the rows of the older tracking table first, and stops as row ${unmatched.join(', ')} matches no migration of the folder.`;
    return { drizzle: '1.x', applies: [], skips: [], fails };
  }
  const applies = files.filter(({ tag }) => !names.has(tag)).map(({ tag }) => tag);
  return { drizzle: '1.x', applies, skips: [] };
}

interface NamedRows {
  names: Set<string>;
  /** Ids of rows that no name was found for. */
  unmatched: number[];
}

function namesIn(rows: readonly TrackingRow[]): NamedRows {
  return { names: new Set(rows.flatMap(({ name }) => name ?? [])), unmatched: [] };
}

/**
 * The names that 1.0 gives to the rows of an older table. It may give one name to several rows, and
 * takes a hash that several files share for that of the last one: what it does is told here, not what
 * would be right.
 */
function backfill(files: readonly MigrationFile[], rows: readonly TrackingRow[]): NamedRows {
  const inSecond = new Map<string, MigrationFile[]>();
  for (const file of files) {
    const second = String(file.when);
    inSecond.set(second, [...(inSecond.get(second) ?? []), file]);
  }
  const names = new Set<string>();
  const unmatched: number[] = [];
  for (const row of rows) {
    const near = inSecond.get(secondOf(row)) ?? [];
    const sameHash = (file: MigrationFile) => file.hash === row.hash;
    const match =
      near.length === 0
        ? files.findLast(sameHash)
        : near.length === 1
          ? near[0]
          : near.find(sameHash);
    if (match) names.add(match.tag);
    else unmatched.push(row.id);
  }
  return { names, unmatched };
}
