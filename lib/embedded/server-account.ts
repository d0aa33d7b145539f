import { stat } from 'node:fs/promises';
import { type ProgramResult, runProgram } from './run-program';
import { EmbeddedServerError } from './server-error';

/** The OS user that the server runs as where this process is root, which PostgreSQL refuses. */
export interface ServerAccount {
  name: string;
  uid: number;
  gid: number;
}

const OWN_ACCOUNT = 'backstep';

export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Chooses the account: the owner of an existing data folder, else `postgres`, else `backstep`, which
 * is created as a system user where the system allows it, else `nobody`. Undefined where this
 * process is an ordinary user, who runs the server directly.
 *
 * @throws EmbeddedServerError `no_account`
 */
export async function chooseServerAccount(dataDir: string): Promise<ServerAccount | undefined> {
  if (!runsAsRoot()) return undefined;
  const owner = await ownerOf(dataDir);
  if (owner) return owner;
  const existing = (await lookUp('postgres')) ?? (await lookUp(OWN_ACCOUNT));
  if (existing) return existing;
  const created = await createAccount();
  const account = (await lookUp(OWN_ACCOUNT)) ?? (await lookUp('nobody'));
  if (account) return account;
  throw new EmbeddedServerError(
    'no_account',
    `PostgreSQL does not run as root, and no user for it could be created (${created.failure}). Create one with: useradd --system postgres`,
  );
}

async function ownerOf(dataDir: string): Promise<ServerAccount | undefined> {
  try {
    const { uid, gid } = await stat(dataDir);
    return uid === 0 ? undefined : { name: `uid ${uid}`, uid, gid };
  } catch {
    return undefined;
  }
}

async function lookUp(name: string): Promise<ServerAccount | undefined> {
  const [user, group] = await Promise.all([
    runProgram('id', ['-u', name]),
    runProgram('id', ['-g', name]),
  ]);
  if (user.code !== 0 || group.code !== 0) return undefined;
  const [uid, gid] = [Number(user.stdout), Number(group.stdout)];
  return uid > 0 && gid >= 0 ? { name, uid, gid } : undefined;
}

function createAccount(): Promise<ProgramResult> {
  return runProgram('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
    OWN_ACCOUNT,
  ]);
}
