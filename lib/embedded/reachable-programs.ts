import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program';
import type { ServerAccount } from './server-account';
import { EmbeddedServerError, hasErrno } from './server-error';
import { programsIn, type ServerPrograms } from './server-programs';
import { makeOpenFolder } from './shared-root';

/**
 * The programs where `account` can run them: as they are installed, or else a copy below
 * `sharedRoot`, which later starts and other clusters use again.
 *
 * @throws EmbeddedServerError `no_programs`, `folder_closed`, `disk_full`
 */
export async function reachablePrograms(
  programs: ServerPrograms,
  account: ServerAccount,
  sharedRoot: string,
): Promise<ServerPrograms> {
  if (await runsFor(account, programs)) return programs;
  await makeOpenFolder(sharedRoot);
  const copy = programsIn(
    join(sharedRoot, `postgresql-${programs.version}-${process.platform}-${process.arch}`),
    programs.version,
  );
  if (await runsFor(account, copy)) return copy;
  // Beside its final name first: two starts may copy at once, and a copy that was cut off midway
  // must not be taken for a whole one.
  const unfinished = await mkdtemp(`${copy.root}-`);
  try {
    await copyForEverybody(programs.root, unfinished);
    await rename(unfinished, copy.root).catch(async (error: unknown) => {
      if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
      if (await runsFor(account, copy)) return;
      await rm(copy.root, { recursive: true, force: true });
      await rename(unfinished, copy.root);
    });
  } catch (cause) {
    throw new EmbeddedServerError(
      hasErrno(cause, 'ENOSPC') ? 'disk_full' : 'folder_closed',
      `The server's programs could not be copied to ${copy.root}, where ${account.name} can run them. Free some space there, or install in a folder that every user can enter.`,
      { cause },
    );
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  const test = await runProgram(copy.postgres, ['--version'], { ...account, cwd: '/' });
  if (test.code === 0) return copy;
  throw new EmbeddedServerError(
    'no_programs',
    `The server runs as ${account.name}, who cannot run ${copy.postgres}: ${test.failure}`,
  );
}

async function runsFor(account: ServerAccount, programs: ServerPrograms): Promise<boolean> {
  const { uid, gid } = account;
  const result = await runProgram(programs.postgres, ['--version'], { uid, gid, cwd: '/' });
  return result.code === 0;
}

/** Copies with read and enter rights for all, whatever umask the original was installed under. */
async function copyForEverybody(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyForEverybody(source, copy);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), copy);
    else if (!entry.name.endsWith('.a')) {
      await copyFile(source, copy);
      await chmod(copy, (await stat(source)).mode & 0o100 ? 0o755 : 0o644);
    }
  }
}
