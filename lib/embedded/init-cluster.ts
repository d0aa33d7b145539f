import { randomBytes } from 'node:crypto';
import {
  chown,
  link,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ClusterPlace } from './cluster-place';
import { runProgram } from './run-program';
import { EmbeddedServerError, hasErrno } from './server-error';

/** The superuser of every embedded cluster. */
export const SUPERUSER = 'backstep';

const UNFINISHED = '.unfinished-';

/** Whether a disk-full error of PostgreSQL's is in this text; its programs run with English messages. */
export function tellsOfFullDisk(text: string): boolean {
  return text.includes('No space left on device') || text.includes('Disk quota exceeded');
}

export async function isInitialised(dataDir: string): Promise<boolean> {
  try {
    await stat(join(dataDir, 'PG_VERSION'));
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/**
 * Refuses data that another major version of PostgreSQL wrote.
 *
 * @throws EmbeddedServerError `other_major`
 */
export async function refuseOtherMajor({ dataDir, programs }: ClusterPlace): Promise<void> {
  const found = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim();
  if (found === String(programs.major)) return;
  throw new EmbeddedServerError(
    'other_major',
    `The data in ${dataDir} was written by PostgreSQL ${found}, and this version of Backstep brings ${programs.major}. Dump it with the version of Backstep that wrote it, or set BACKSTEP_HOME to a new folder to begin empty.`,
  );
}

/**
 * The superuser's password: read from `folder`, or made when the cluster has no data yet.
 *
 * @throws EmbeddedServerError `password_lost` when there is data without its password.
 */
export async function clusterPassword(folder: string, hasData: boolean): Promise<string> {
  const file = join(folder, 'password');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) {
      throw new EmbeddedServerError('folder_closed', `${file} cannot be read.`, { cause: error });
    }
  }
  if (hasData) {
    throw passwordLost(folder);
  }
  const password = randomBytes(24).toString('base64url');
  // Linked once it is whole: an empty password file would lock everybody out after initdb.
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${password}\n`, { mode: 0o600 });
  try {
    await link(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
  return password;
}

/**
 * Creates the data folder with initdb: UTF-8, C locale (the same sort order on every machine),
 * checksums, passwords by SCRAM. It appears under its name only when it is complete.
 *
 * @param durable false leaves out the final flush to disk, for data that is thrown away.
 * @throws EmbeddedServerError `init_failed`, `disk_full`
 */
export async function initialiseCluster(
  { dataDir, programs, account }: ClusterPlace,
  password: string,
  durable: boolean,
): Promise<void> {
  const parent = dirname(dataDir);
  const prefix = `${basename(dataDir)}${UNFINISHED}`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
  const unfinished = await mkdtemp(join(parent, prefix));
  const passwordFile = `${unfinished}.password`;
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (account) {
      await chown(unfinished, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    const result = await runProgram(
      programs.initdb,
      [
        ...['--pgdata', unfinished, '--username', SUPERUSER, '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--data-checksums'],
        ...(durable ? [] : ['--no-sync']),
      ],
      { uid: account?.uid, gid: account?.gid, cwd: parent },
    );
    if (result.code !== 0) throw initError(dataDir, result.failure);
    await rename(unfinished, dataDir);
  } catch (error) {
    if (error instanceof EmbeddedServerError) throw error;
    if (hasErrno(error, 'ENOTEMPTY', 'EEXIST')) {
      throw new EmbeddedServerError(
        'init_failed',
        `${dataDir} holds files, but no PostgreSQL data. Move them away and start again.`,
        { cause: error },
      );
    }
    throw hasErrno(error, 'ENOSPC') ? diskFull(dataDir, error) : error;
  } finally {
    await rm(passwordFile, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

export function passwordLost(folder: string): EmbeddedServerError {
  return new EmbeddedServerError(
    'password_lost',
    `${join(folder, 'password')}, the password of the embedded PostgreSQL, is gone or not the one that its data was made with. Put it back from a copy.`,
  );
}

function initError(dataDir: string, failure: string): EmbeddedServerError {
  if (tellsOfFullDisk(failure)) return diskFull(dataDir, failure);
  return new EmbeddedServerError(
    'init_failed',
    `initdb could not create ${dataDir}. It says:\n${failure}`,
  );
}

export function diskFull(dataDir: string, cause: unknown): EmbeddedServerError {
  return new EmbeddedServerError(
    'disk_full',
    `The disk that holds ${dataDir} is full. Free some space (a new server needs about 50 MB) and start again.`,
    { cause },
  );
}
