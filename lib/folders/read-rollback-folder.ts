import { realpath } from 'node:fs/promises';
import { BackstepError } from '@/lib/core/errors';
import type { ListProblem, MigrationFile, MigrationLayout } from '@/lib/core/migration';
import type { RollbackMatch } from '@/lib/core/pair-migrations';
import type { TargetConfig } from '@/lib/core/policy';
import { boundedParallel } from './bounded-parallel';
import { rememberVersions } from './file-cache';
import { type FoundScripts, findScripts, type ScriptHome } from './find-scripts';
import { type FolderEntry, fileErrorCode } from './folder-entries';
import { pairScripts } from './pair-scripts';
import type { CandidateScript, Pairing } from './pairing';
import { readComment, readScript, type ScriptSource } from './read-script';
import type { ReadOptions } from './read-up-file';
import { pairByPattern } from './rollback-pattern';
import { namingOf } from './script-naming';

type RollbackTarget = Pick<
  TargetConfig,
  'name' | 'migrations' | 'rollbacks' | 'rollbackPattern' | 'tracking'
>;

/** The migrations that scripts may belong to. */
export interface MigrationSet {
  layout: MigrationLayout;
  files: readonly Pick<MigrationFile, 'tag' | 'path'>[];
}

export interface RollbackFolder {
  /** Given, or the one in use; `*` where several are. */
  pattern: string;
  /** For people: all patterns in use, the most used first. */
  naming: string;
  /** By tag; tags with neither a script nor a candidate are left out. */
  matches: Map<string, RollbackMatch>;
  /** Paths of the files that are scripts, whether or not they belong to a migration. */
  claimed: ReadonlySet<string>;
  /** Paths of scripts that belong to no migration. */
  orphans: string[];
  problems: ListProblem[];
}

/**
 * The rollback scripts that belong to the given migrations, from the folder and those below it. A script
 * that can't be used is there with its problem, one that may belong is a candidate; a file that belongs
 * to nothing is named and stops nobody.
 * @throws BackstepError `rollback_folder_invalid` when the folder can't be read
 */
export async function readRollbackFolder(
  target: RollbackTarget,
  migrations: MigrationSet,
  options: ReadOptions = {},
): Promise<RollbackFolder> {
  const home: ScriptHome = (await sameFolder(target)) ? 'migrations' : 'scripts';
  const found = await scriptsOf(target, home, migrations);
  const tags = migrations.files.map(({ tag }) => tag);
  const given = target.rollbackPattern;
  if (home === 'migrations' && given === '{tag}.sql') {
    throw new BackstepError(
      'rollback_folder_invalid',
      `'${target.name}' has the pattern {tag}.sql in the folder of the migrations: each migration would be its own rollback. Change \`rollbacks\` or \`rollback_pattern\`.`,
    );
  }
  const source: ScriptSource = {
    home: target.rollbacks,
    tracking: target.tracking,
    versionOf: rememberVersions(),
  };
  const pairing =
    given === undefined
      ? pairScripts(tags, await withComments(source, found, options))
      : pairByPattern(given, tags, [...found.scripts.keys()]);
  // What no pattern chose beside the migrations may be anything.
  if (given !== undefined && home === 'migrations') pairing.orphans = [];
  const patterns = given === undefined ? namingOf(pairing.paired) : [given];
  const [pattern = usualPattern(migrations.layout, home), ...others] = patterns;
  const orphans = pairing.orphans.map(({ path }) => path);
  return {
    pattern: others.length > 0 ? '*' : pattern,
    naming: [pattern, ...others].join(', '),
    matches: await matchesOf(source, pairing, found, options),
    claimed: new Set([...claimedBy(pairing), ...orphans]),
    orphans,
    problems: problemsOf(pairing, found, given),
  };
}

function claimedBy({ paired, candidates }: Pairing): string[] {
  return [...paired.values(), ...[...candidates.values()].flat()].map(({ path }) => path);
}

/** What a first script is best called. */
function usualPattern(layout: MigrationLayout, home: ScriptHome): string {
  if (layout === 'journal') return '{number}_rollback.sql';
  return home === 'migrations' ? '{tag}/rollback.sql' : '{tag}.rollback.sql';
}

async function scriptsOf(
  target: RollbackTarget,
  home: ScriptHome,
  { files }: MigrationSet,
): Promise<FoundScripts> {
  try {
    const known = {
      folder: target.migrations,
      paths: new Set(files.map(({ path }) => path)),
      tags: new Set(files.map(({ tag }) => tag)),
    };
    // A pattern is a rule that somebody has written down: no word for down is needed then.
    return await findScripts(target.rollbacks, home, known, target.rollbackPattern !== undefined);
  } catch (error) {
    const what =
      fileErrorCode(error) === 'ENOENT'
        ? 'does not exist. Create it, or correct `rollbacks` of the target.'
        : 'can’t be read. Check that it is a folder and that this user may read it.';
    throw new BackstepError(
      'rollback_folder_invalid',
      `The rollbacks folder ${target.rollbacks} of '${target.name}' ${what}`,
      { cause: error },
    );
  }
}

/** Whether scripts and migrations lie in one folder, by whatever names it has. */
async function sameFolder(target: RollbackTarget): Promise<boolean> {
  if (target.rollbacks === target.migrations) return true;
  const [one, other] = await Promise.all(
    [target.rollbacks, target.migrations].map((folder) => realpath(folder).catch(() => undefined)),
  );
  return one !== undefined && one === other;
}

async function withComments(
  source: ScriptSource,
  { scripts }: FoundScripts,
  options: ReadOptions,
): Promise<{ path: string; comment: string }[]> {
  return boundedParallel([...scripts], async ([path, entry]) => ({
    path,
    comment: await readComment(source, entry, options),
  }));
}

async function matchesOf(
  source: ScriptSource,
  { paired, candidates, unusable }: Pairing,
  { scripts }: FoundScripts,
  options: ReadOptions,
): Promise<Map<string, RollbackMatch>> {
  const entryOf = (path: string): FolderEntry => {
    const entry = scripts.get(path);
    if (!entry) throw new Error(`${path} was paired and not found`);
    return entry;
  };
  const sure = await boundedParallel([...paired], async ([tag, { path, by }]): Promise<Matched> => {
    const { file, problem } = await readScript(source, entryOf(path), by, options);
    return [tag, { rollback: file, problem, candidates: [] }];
  });
  const unsure = await boundedParallel([...candidates], async ([tag, some]): Promise<Matched> => {
    const read = async (one: CandidateScript) => {
      const script = await readScript(source, entryOf(one.path), one.by, options);
      return { ...script, why: one.why };
    };
    return [tag, candidateMatch(await Promise.all(some.map(read)))];
  });
  const never = [...unusable].map(
    ([tag, problem]): Matched => [tag, { rollback: undefined, problem, candidates: [] }],
  );
  return new Map([...sure, ...unsure, ...never]);
}

type Matched = [tag: string, match: RollbackMatch];

type ReadCandidate = Awaited<ReturnType<typeof readScript>> & { why: string };

/** One that can't even be read could be the right one: no proof of the others counts then. */
function candidateMatch(read: readonly ReadCandidate[]): RollbackMatch {
  return {
    rollback: undefined,
    problem: read.find(({ file }) => file === undefined)?.problem,
    candidates: read.flatMap(({ file, problem, why }) =>
      file ? [{ file, why, proof: undefined, ...(problem !== undefined && { problem }) }] : [],
    ),
  };
}

function problemsOf(
  { candidates, orphans, remarks }: Pairing,
  { strays }: FoundScripts,
  pattern: string | undefined,
): ListProblem[] {
  const by = pattern === undefined ? '' : ` by the pattern ${pattern}`;
  const stray = (file: string, reason?: string): ListProblem => ({
    code: 'stray_rollback_file',
    file,
    message:
      reason ??
      `${file} is among the rollback scripts and belongs to no migration${by}. Rename or remove it.`,
  });
  const unsure = [...candidates].flatMap(([tag, some]) => some.map((one) => ({ tag, ...one })));
  return [
    ...unsure.map(
      ({ tag, path: file, why }): ListProblem => ({
        code: 'ambiguous_rollback_file',
        file,
        message: `${why} It counts as the script of ${tag} only where its round trip proves to be exact.`,
      }),
    ),
    ...remarks.map(
      ({ path: file, message }): ListProblem => ({ code: 'header_names_other', file, message }),
    ),
    ...orphans.map(({ path, reason }) => stray(path, reason)),
    ...strays.map((file) => stray(file)),
  ];
}
