import { readFile, readlink } from 'node:fs/promises';
import { runProgram } from './run-program';

/**
 * When a process began, as an opaque text that two processes with the same number do not share;
 * undefined when it has ended, also while its parent has not collected it yet.
 */
export async function processBirth(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const listed = await runProgram('ps', ['-p', String(pid), '-o', 'stat=', '-o', 'lstart=']);
    const [, state, began] = /^\s*(\S+)\s+(.+?)\s*$/.exec(listed.stdout) ?? [];
    return state?.startsWith('Z') ? undefined : began;
  }
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field, the command, may hold spaces and parentheses: count from its end.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Whether this process is a PostgreSQL server on that data folder, rather than a later namesake. */
export async function isPostmasterOf(pid: number, dataDir: string): Promise<boolean> {
  if ((await processBirth(pid)) === undefined) return false;
  if (process.platform !== 'linux') {
    const listed = await runProgram('ps', ['-p', String(pid), '-o', 'command=']);
    return /\bpostgres\b/.test(listed.stdout) && listed.stdout.includes(dataDir);
  }
  try {
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (!args[0] || !/(^|\/)(postgres|postmaster)$/.test(args[0])) return false;
    // A server works inside its data folder. That holds after the folder was renamed, too.
    return args.includes(dataDir) || (await readlink(`/proc/${pid}/cwd`)) === dataDir;
  } catch {
    return false;
  }
}
