import { readFile, realpath } from 'node:fs/promises';
import { sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import type { ListProblem, RollbackFile } from '@/lib/core/migration';
import type { RollbackMatch } from '@/lib/core/pair-migrations';
import type { TargetConfig } from '@/lib/core/policy';
import type { ScriptRefusal } from '@/lib/core/statement';
import { parseScript } from '@/lib/sql';
import { boundedParallel } from './bounded-parallel';
import { cachedByFile } from './file-cache';
import { type FolderEntry, fileErrorCode, folderEntries, leadsOut } from './folder-entries';
import type { ReadOptions } from './read-migration-folder';
import { detectPattern, matchNames } from './rollback-pattern';

type RollbackTarget = Pick<
  TargetConfig,
  'name' | 'migrations' | 'rollbacks' | 'rollbackPattern' | 'tracking'
>;

export interface RollbackFolder {
  /** Given, or detected. */
  pattern: string;
  /** By tag; tags without a script are left out. */
  matches: Map<string, RollbackMatch>;
  /** Names of the files that fit at least one migration. */
  claimed: ReadonlySet<string>;
  problems: ListProblem[];
}

/**
 * The rollback scripts that belong to the given migrations. A script that can't be used is there with
 * its problem; a file that belongs to nothing is named and stops nobody.
 * @param tags of the journal
 * @throws BackstepError `rollback_folder_invalid` when the folder can't be read
 */
export async function readRollbackFolder(
  target: RollbackTarget,
  tags: readonly string[],
  options: ReadOptions = {},
): Promise<RollbackFolder> {
  const inFolder = await entriesOf(target);
  const beside = await sameFolder(target);
  const ups = new Set(tags.map((tag) => `${tag}.sql`));
  // In one folder with the migrations, these are the migrations.
  const names = [...inFolder.keys()].filter((name) => !(beside && ups.has(name)));
  const pattern = target.rollbackPattern ?? detectPattern(tags, names);
  if (beside && pattern === '{tag}.sql') {
    throw new BackstepError(
      'rollback_folder_invalid',
      `'${target.name}' has the pattern {tag}.sql in the folder of the migrations: each migration would be its own rollback. Change \`rollbacks\` or \`rollback_pattern\`.`,
    );
  }
  const found = matchNames(pattern, tags, names);
  const owners = ownersOf(found);
  const matched = await boundedParallel([...found], async ([tag, candidates]) => {
    const match = await matchOf(target, tag, candidates, owners, inFolder, options);
    return [tag, match] as const;
  });
  const problems = beside ? [] : strayFiles(names, owners, pattern);
  return { pattern, matches: new Map(matched), claimed: new Set(owners.keys()), problems };
}

async function entriesOf(target: RollbackTarget): Promise<Map<string, FolderEntry>> {
  try {
    return await folderEntries(target.rollbacks);
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
  const [one, other] = await Promise.all([
    realpath(target.rollbacks),
    realpath(target.migrations).catch(() => undefined),
  ]);
  return one === other;
}

/** File name → the tags that it would belong to. */
function ownersOf(found: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const [tag, names] of found) {
    for (const name of names) owners.set(name, [...(owners.get(name) ?? []), tag]);
  }
  return owners;
}

async function matchOf(
  target: RollbackTarget,
  tag: string,
  candidates: readonly string[],
  owners: ReadonlyMap<string, readonly string[]>,
  inFolder: ReadonlyMap<string, FolderEntry>,
  options: ReadOptions,
): Promise<RollbackMatch> {
  const [name] = candidates;
  const entry = name === undefined ? undefined : inFolder.get(name);
  if (!entry) return { rollback: undefined, problem: undefined };
  if (candidates.length > 1) {
    return unusable(
      `${candidates.join(' and ')} both fit ${tag}. Keep one, or set \`rollback_pattern\`.`,
    );
  }
  const others = (owners.get(entry.name) ?? []).filter((owner) => owner !== tag);
  if (others.length > 0) {
    return unusable(
      `${entry.name} fits ${[tag, ...others].sort().join(' and ')}. Name the scripts after the whole tag.`,
    );
  }
  try {
    if (await leadsOut(target.rollbacks, entry)) {
      return unusable(
        `${entry.name} is a link that leads out of the rollbacks folder. Put the file itself there.`,
      );
    }
    const read = () => readScript(target, entry);
    if (options.fresh) return await read();
    const { schema, table } = target.tracking;
    return await cachedByFile(entry.path, `rollback ${schema}.${table}`, read);
  } catch (error) {
    const code = fileErrorCode(error);
    // A fault of the parser is not the file's: it must be seen, not filed under the script.
    if (!code) throw error;
    return unusable(
      `${entry.name} can’t be read (${code}). Check that it is a file and that this user may read it.`,
    );
  }
}

async function readScript(target: RollbackTarget, entry: FolderEntry): Promise<RollbackMatch> {
  const rollback = await readRollbackFile(entry.path, entry.name);
  const parsed = await parseScript(rollback.content, { tracking: target.tracking });
  const { content: _, ...file } = rollback;
  return {
    rollback: file,
    problem: parsed.ok ? undefined : describeRefusals(entry.name, parsed.refusals),
  };
}

/**
 * One script with its bytes, read now.
 * @throws the file system's error
 */
export async function readRollbackFile(
  path: string,
  name: string,
): Promise<RollbackFile & { content: Uint8Array }> {
  const content = await readFile(path);
  return {
    name,
    bytes: content.byteLength,
    sha256: sha256Hex(content),
    // Keeps a byte order mark, so that the text has the hash of the bytes.
    sql: new TextDecoder('utf-8', { ignoreBOM: true }).decode(content),
    content,
  };
}

/** Why a script is refused, in one sentence or two: the first refusal, with its line. */
export function describeRefusals(name: string, refusals: readonly ScriptRefusal[]): string {
  const [first] = refusals;
  if (!first) return `${name} can’t be used.`;
  const line = first.line === undefined ? '' : `, line ${first.line}`;
  const more = refusals.length - 1;
  const rest = more === 0 ? '' : ` ${more} more ${more === 1 ? 'place' : 'places'} in it.`;
  return `${name}${line}: ${first.message}${rest}`;
}

function unusable(problem: string): RollbackMatch {
  return { rollback: undefined, problem };
}

const DOCUMENTATION = /\.(md|markdown)$/i;

function strayFiles(
  names: readonly string[],
  owners: ReadonlyMap<string, unknown>,
  pattern: string,
): ListProblem[] {
  return names
    .filter((name) => !owners.has(name) && !DOCUMENTATION.test(name))
    .map((file) => ({
      code: 'stray_rollback_file',
      file,
      message: `${file} is in the rollbacks folder and belongs to no migration by the pattern ${pattern}. Rename or remove it.`,
    }));
}
