import { open, readFile } from 'node:fs/promises';
import { sha256Hex } from '@/lib/core/digest';
import type { PairedBy, RollbackFile } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import type { ParsedScript, ScriptRefusal } from '@/lib/core/statement';
import { parseScript } from '@/lib/sql';
import { cachedByFile, type versionOf } from './file-cache';
import { type FolderEntry, fileErrorCode, leadsOut } from './folder-entries';
import { leadingComment } from './leading-comment';
import type { ReadOptions } from './read-up-file';

/** A script as it was found: with its bytes, or with why there are none. */
export type ReadScript =
  | { file: RollbackFile; problem: string | undefined }
  | { file: undefined; problem: string };

/** What `readScript` has to know of its target. */
export interface ScriptSource {
  /** The folder that no link may lead out of. */
  home: string;
  tracking: TargetConfig['tracking'];
  versionOf: typeof versionOf;
}

/** Comments that matter stand at the top; a dump without line ends must not be read for one. */
const COMMENT_BYTES = 8 * 1024;

/**
 * A script with what keeps a run from taking it. Never fails for what is in the file.
 * @throws whatever is wrong with the parser itself
 */
export async function readScript(
  source: ScriptSource,
  entry: FolderEntry,
  pairedBy: PairedBy,
  options: ReadOptions,
): Promise<ReadScript> {
  try {
    if (await leadsOut(source.home, entry)) return { file: undefined, problem: linkOut(entry) };
    const read = () => parsedFile(source, entry);
    const { schema, table } = source.tracking;
    const { file, problem } = options.fresh
      ? await read()
      : await cachedByFile(
          entry.path,
          `rollback ${schema}.${table} ${entry.name}`,
          read,
          source.versionOf,
        );
    return { file: { ...file, pairedBy }, problem };
  } catch (error) {
    const code = fileErrorCode(error);
    // A fault of the parser is not the file's: it must be seen, not filed under the script.
    if (!code) throw error;
    return {
      file: undefined,
      problem: `${entry.name} can’t be read (${code}). Check that it is a file and that this user may read it.`,
    };
  }
}

const linkOut = (entry: FolderEntry): string =>
  `${entry.name} is a link that leads out of the rollbacks folder. Put the file itself there.`;

async function parsedFile(
  { tracking }: ScriptSource,
  entry: FolderEntry,
): Promise<{ file: Omit<RollbackFile, 'pairedBy'>; problem: string | undefined }> {
  const { content, ...file } = await readRollbackFile(entry.path, entry.name);
  return { file, problem: describeProblem(entry.name, await parseScript(content, { tracking })) };
}

/** The leading comment of a script; '' where it can't be read, which is said when it is used. */
export async function readComment(
  source: ScriptSource,
  entry: FolderEntry,
  options: ReadOptions,
): Promise<string> {
  try {
    if (await leadsOut(source.home, entry)) return '';
    const read = async () => leadingComment(await headOf(entry.path));
    return await (options.fresh
      ? read()
      : cachedByFile(entry.path, 'comment', read, source.versionOf));
  } catch (error) {
    if (!fileErrorCode(error)) throw error;
    return '';
  }
}

async function headOf(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(COMMENT_BYTES),
      0,
      COMMENT_BYTES,
      0,
    );
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * One script with its bytes, read now.
 * @throws the file system's error
 */
export async function readRollbackFile(
  path: string,
  name: string,
): Promise<Omit<RollbackFile, 'pairedBy'> & { content: Uint8Array }> {
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

/** Why a run can't take a script, as a sentence or two; undefined when it can. */
export function describeProblem(name: string, parsed: ParsedScript): string | undefined {
  if (!parsed.ok) return describeRefusals(name, parsed.refusals);
  const [first, ...more] = parsed.statements.filter(
    ({ transactional, probe }) => !transactional && !probe,
  );
  if (!first) return undefined;
  const rest = more.length;
  const also =
    rest > 0
      ? ` The same goes for ${rest} more ${rest === 1 ? 'statement' : 'statements'} in it.`
      : '';
  return `${name}, line ${first.line}: ${openingOf(first.text)} can’t run inside a transaction, and nothing in the catalog would tell whether it is done. ${remedyFor(first.kind)}${also}`;
}

function remedyFor(kind: string): string {
  if (kind === 'IndexStmt') return 'Give the index a name, or leave CONCURRENTLY out.';
  if (kind === 'DropStmt') return 'Drop one index with each statement, or leave CONCURRENTLY out.';
  if (kind === 'AlterTableStmt') return 'Leave CONCURRENTLY out.';
  return 'Take it out of the script and run it by hand.';
}

/** Enough of a statement to know it again. */
function openingOf(text: string): string {
  const words = text.replace(/\s+/g, ' ').trim();
  return words.length > 60 ? `${words.slice(0, 59)}…` : words;
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
