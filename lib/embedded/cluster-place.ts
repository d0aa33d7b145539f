import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { reachablePrograms } from './reachable-programs';
import { runProgram } from './run-program';
import { chooseServerAccount, runsAsRoot, type ServerAccount } from './server-account';
import { EmbeddedServerError, hasErrno } from './server-error';
import { findServerPrograms, type ServerPrograms } from './server-programs';
import { makeOpenFolder, SHARED_ROOT } from './shared-root';

/** Holds the path of a data folder that is kept elsewhere, so that the next start finds it. */
const POINTER_FILE = 'data-is-at';

export interface ClusterIdentity {
  /** Names the cluster inside `home`; letters, digits, - and _. */
  name: string;
  /** The folder that keeps password, port, log and, where possible, the data. */
  home: string;
  /** Replaces /var/lib/backstep. */
  sharedRoot?: string;
}

/** Where a cluster's parts stand, and as whom its server runs. */
export interface ClusterPlace {
  dataDir: string;
  account: ServerAccount | undefined;
  programs: ServerPrograms;
}

/**
 * Creates `home/<name>` and returns its path without symbolic links.
 *
 * @throws EmbeddedServerError `folder_closed` when it cannot be created or written.
 */
export async function clusterFolder({ name, home }: ClusterIdentity): Promise<string> {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new EmbeddedServerError(
      'folder_closed',
      `'${name}' cannot name a cluster: use letters, digits, - and _ only.`,
    );
  }
  const folder = join(home, name);
  try {
    // As root, the server's own user has to pass through; the secrets inside have modes of their own.
    await mkdir(folder, { recursive: true, mode: runsAsRoot() ? 0o755 : 0o700 });
    await access(folder, constants.W_OK);
    return await realpath(folder);
  } catch (cause) {
    throw new EmbeddedServerError(
      hasErrno(cause, 'ENOSPC') ? 'disk_full' : 'folder_closed',
      `The folder ${folder} for the embedded PostgreSQL cannot be created or written. Set BACKSTEP_HOME to a folder that you can write to.`,
      { cause },
    );
  }
}

/** The data folder of an existing cluster: `folder/data`, or where the pointer says. */
export async function existingDataDir(folder: string): Promise<string> {
  try {
    const path = (await readFile(join(folder, POINTER_FILE), 'utf8')).trim();
    if (isAbsolute(path)) return path;
    throw new EmbeddedServerError(
      'folder_closed',
      `${join(folder, POINTER_FILE)} should hold the path of the data folder, but holds '${path}'.`,
    );
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return join(folder, 'data');
    throw error;
  }
}

/**
 * Decides where data and programs stand, and copies the programs where the server's user cannot
 * reach them. The caller holds the start lock.
 *
 * @throws EmbeddedServerError `no_programs`, `no_account`, `folder_closed`
 */
export async function choosePlace(
  folder: string,
  sharedRoot: string = SHARED_ROOT,
): Promise<ClusterPlace> {
  const known = await existingDataDir(folder);
  const account = await chooseServerAccount(known);
  const programs = await findServerPrograms();
  if (!account) {
    await refuseForeignData(known);
    return { dataDir: known, account, programs };
  }
  return {
    dataDir: await reachableDataDir(folder, known, account, sharedRoot),
    account,
    programs: await reachablePrograms(programs, account, sharedRoot),
  };
}

async function refuseForeignData(dataDir: string): Promise<void> {
  let owner: number;
  try {
    owner = (await stat(dataDir)).uid;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return;
    throw new EmbeddedServerError('folder_closed', `${dataDir} cannot be read.`, { cause: error });
  }
  if (owner === process.getuid?.()) return;
  throw new EmbeddedServerError(
    'folder_closed',
    `${dataDir} belongs to another user (uid ${owner}), because it was made by root. Start as root again, or set BACKSTEP_HOME to another folder.`,
  );
}

async function reachableDataDir(
  folder: string,
  known: string,
  account: ServerAccount,
  sharedRoot: string,
): Promise<string> {
  const inside = join(folder, 'data');
  if (known !== inside) return known;
  if (await canEnter(account, folder)) return inside;
  if (await exists(inside)) {
    throw new EmbeddedServerError(
      'folder_closed',
      `The server runs as ${account.name}, who can no longer enter ${folder}. Give back the right to enter it and the folders above: chmod a+x.`,
    );
  }
  const place = join(sharedRoot, createHash('sha256').update(folder).digest('hex').slice(0, 16));
  await makeOpenFolder(sharedRoot);
  await makeOpenFolder(place);
  if (!(await canEnter(account, place))) {
    throw new EmbeddedServerError(
      'folder_closed',
      `The server runs as ${account.name}, who can enter neither ${folder} nor ${place}. Set BACKSTEP_HOME to a folder that every user can enter.`,
    );
  }
  const dataDir = join(place, 'data');
  await writeFile(join(folder, POINTER_FILE), `${dataDir}\n`);
  return dataDir;
}

async function canEnter({ uid, gid }: ServerAccount, folder: string): Promise<boolean> {
  const script = 'cd -- "$1"';
  const result = await runProgram('/bin/sh', ['-c', script, 'sh', folder], { uid, gid, cwd: '/' });
  return result.code === 0;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
