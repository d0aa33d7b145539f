import { access, constants, readdir, realpath } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { BackstepError } from '@/lib/core/errors';
import usualFolders from './client-tool-folders.json' with { type: 'json' };
import { runProgram } from './run-program';

/** `--version` answers in milliseconds; a program that does not is none that we could use. */
const VERSION_MS = 10_000;

export type ClientToolName = 'pg_dump' | 'pg_restore' | 'psql';

/** A PostgreSQL client program that was found and asked for its version. */
export interface FoundClientTool {
  path: string;
  /** Such as '15.18'. */
  version: string;
  major: number;
}

export interface ClientToolSearch {
  /** `client_tools` of the configuration: then no other place is looked at. */
  configuredDir?: string;
  /** The server's major version; an older program cannot read that server. */
  serverMajor?: number;
  /** Replaces the environment's PATH. */
  path?: string;
  /** Replaces the usual version folders; one `*` may stand for a part of one name. */
  folders?: readonly string[];
}

/** No client program can be used; the message says where it was looked for and what to install. */
export class ClientToolError extends BackstepError {
  readonly problem: 'pg_dump_missing' | 'pg_dump_too_old';

  constructor(problem: ClientToolError['problem'], message: string, searched: readonly string[]) {
    super('client_tool_missing', message, { details: { problem, searched } });
    this.name = 'ClientToolError';
    this.problem = problem;
  }
}

interface Candidate extends FoundClientTool {
  /** Debian's pg_wrapper, which chooses a version itself, by a person's settings. */
  isWrapper: boolean;
}

/**
 * Finds a client program that fits the server: of the same major version where there is one, else
 * of the nearest newer one. What a newer pg_dump writes may hold settings that the server does not
 * know when it is restored. Without a server's version, the newest.
 *
 * @throws ClientToolError
 */
export async function findClientTool(
  tool: ClientToolName,
  search: ClientToolSearch = {},
): Promise<FoundClientTool> {
  const searched = await foldersToSearch(search);
  const answers = await Promise.all(searched.map((folder) => askVersion(join(folder, tool))));
  const found = answers.filter((answer) => answer !== undefined);
  const wanted = search.serverMajor ?? 0;
  const fitting = found
    .filter(({ major }) => major >= wanted)
    .sort((a, b) => (wanted === 0 ? b.major - a.major : a.major - b.major) || preference(a, b));
  const best = fitting[0];
  if (best) return { path: best.path, version: best.version, major: best.major };
  throw found.length === 0 ? missing(tool, search, searched) : tooOld(tool, search, found);
}

/** Of one major version: the program itself before the wrapper, then the newer minor version. */
function preference(a: Candidate, b: Candidate): number {
  return Number(a.isWrapper) - Number(b.isWrapper) || minor(b) - minor(a);
}

function minor({ version }: Candidate): number {
  return Number(/^\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}

async function foldersToSearch(search: ClientToolSearch): Promise<string[]> {
  if (search.configuredDir !== undefined) return [search.configuredDir];
  const onPath = (search.path ?? process.env.PATH ?? '').split(delimiter).filter(isAbsolute);
  const usual = await Promise.all((search.folders ?? usualFolders).map(expand));
  return [...new Set([...onPath, ...usual.flat()])];
}

/** The folders that a pattern with one `*` in one of its names stands for. */
async function expand(pattern: string): Promise<string[]> {
  const star = pattern.indexOf('*');
  if (star === -1) return [pattern];
  const end = pattern.indexOf('/', star);
  const parent = dirname(pattern.slice(0, star + 1));
  const [before = '', after = ''] = pattern
    .slice(parent.length + 1, end === -1 ? undefined : end)
    .split('*');
  const names = await readdir(parent).catch(() => []);
  return names
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => join(parent, name, end === -1 ? '' : pattern.slice(end)));
}

async function askVersion(path: string): Promise<Candidate | undefined> {
  try {
    await access(path, constants.X_OK);
  } catch {
    return undefined;
  }
  const result = await runProgram(path, ['--version'], { timeout: VERSION_MS });
  const [, version, major] = /\(PostgreSQL\) ((\d+)\S*)/.exec(result.stdout) ?? [];
  if (result.code !== 0 || version === undefined || major === undefined) return undefined;
  const isWrapper = basename(await realpath(path)) === 'pg_wrapper';
  return { path, version, major: Number(major), isWrapper };
}

function missing(
  tool: ClientToolName,
  search: ClientToolSearch,
  searched: readonly string[],
): ClientToolError {
  const message = search.configuredDir
    ? `There is no ${tool} that runs in ${search.configuredDir}, which client_tools names. Correct client_tools in the configuration, or remove it to search the usual places.`
    : `${tool} was not found in PATH or the usual folders of PostgreSQL. ${remedy(search.serverMajor)} Searched: ${searched.join(', ')}.`;
  return new ClientToolError('pg_dump_missing', message, searched);
}

function tooOld(
  tool: ClientToolName,
  search: ClientToolSearch,
  found: readonly Candidate[],
): ClientToolError {
  const versions = found.map(({ path, version }) => `${path} (${version})`);
  return new ClientToolError(
    'pg_dump_too_old',
    `The server is PostgreSQL ${search.serverMajor}, and every ${tool} found is older: ${versions.join(', ')}. An older ${tool} refuses that server. ${remedy(search.serverMajor)}`,
    versions,
  );
}

function remedy(serverMajor: number | undefined): string {
  const debian = serverMajor ? `postgresql-client-${serverMajor}` : 'postgresql-client';
  const brew = serverMajor ? `postgresql@${serverMajor}` : 'libpq';
  return `Install it (Debian and Ubuntu: apt-get install ${debian}; macOS: brew install ${brew}), or name the folder that holds it as client_tools in the configuration.`;
}
