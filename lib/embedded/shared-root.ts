import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { EmbeddedServerError, hasErrno } from './server-error';

/**
 * Where data and programs go when the server runs as another user who cannot enter the folder that
 * was asked for, such as one in root's home.
 */
export const SHARED_ROOT = '/var/lib/backstep';

/**
 * Creates a folder that root owns and everybody can enter.
 *
 * @throws EmbeddedServerError `folder_closed`, `disk_full`
 */
export async function makeOpenFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const { mode, uid } = await stat(folder);
    if (uid !== 0) await chown(folder, 0, 0);
    if ((mode & 0o755) !== 0o755) await chmod(folder, 0o755);
  } catch (cause) {
    throw new EmbeddedServerError(
      hasErrno(cause, 'ENOSPC') ? 'disk_full' : 'folder_closed',
      `${folder}, where the server's user could keep its files, cannot be created. Set BACKSTEP_HOME to a folder that every user can enter.`,
      { cause },
    );
  }
}

/** Whether a data folder was put below `sharedRoot` by `choosePlace`; only those may be removed. */
export function standsInSharedRoot(dataDir: string, sharedRoot: string = SHARED_ROOT): boolean {
  return /^[0-9a-f]{16}\/data$/.test(relative(sharedRoot, dataDir));
}
