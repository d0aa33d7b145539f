import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BackstepError } from '@/lib/core/errors';
import { type ProgramEnd, runClientProgram } from '@/lib/embedded/client-program';
import {
  openConnectionEnvironment,
  programEnvironment,
} from '@/lib/embedded/connection-environment';

/** Rows first, then what is built on them. */
const DATA = /^\d+; \d+ \d+ TABLE DATA /;
const BUILT = /^\d+; \d+ \d+ (?:INDEX|CONSTRAINT|FK CONSTRAINT|TRIGGER|MATERIALIZED VIEW DATA) /;
/** An extension's comment belongs to whoever installed it, and says nothing about the data. */
const LEFT_OUT = /^\d+; \d+ \d+ COMMENT - EXTENSION /;
/** Reads from pg_restore's --verbose lines how far it is. */
export function progressOf(
  { data, built }: { data: number; built: number },
  onProgress: PgRestore['onProgress'],
): (line: string) => void {
  let filled = 0;
  let indexed = 0;
  onProgress({ phase: 'Restoring rows', done: 0, total: data });
  return (line) => {
    if (FILLING.test(line)) filled += 1;
    else if (BUILDING.test(line)) indexed += 1;
    else return;
    onProgress(
      indexed > 0
        ? { phase: 'Building indexes and keys', done: Math.min(indexed, built), total: built }
        : { phase: 'Restoring rows', done: Math.min(filled, data), total: data },
    );
  };
}

const FILLING = /^pg_restore: processing data for table /;
const BUILDING =
  /^pg_restore: creating (?:INDEX|CONSTRAINT|FK CONSTRAINT|TRIGGER|MATERIALIZED VIEW DATA) /;

export interface PgRestore {
  /** pg_restore */
  program: string;
  folder: string;
  jobs: number;
  /** Of the new database. */
  url: string;
  executorId: string;
  applicationName: string;
  signal: AbortSignal;
  onProgress(progress: { phase: string; done: number; total: number }): void;
}

/**
 * Restores a dump into an empty database, with owners and grants, and stops at the first error.
 * @throws BackstepError `restore_failed` with what pg_restore said and what to do; the signal's reason
 */
export async function runPgRestore(options: PgRestore): Promise<void> {
  const { program, folder, signal, onProgress } = options;
  const work = await mkdtemp(path.join(tmpdir(), `backstep-toc-${options.executorId}-`));
  const connection = await openConnectionEnvironment(options.url, {
    executorId: options.executorId,
    applicationName: options.applicationName,
  });
  try {
    const { entries, data, built } = await listEntries(program, folder, signal);
    const list = path.join(work, 'entries');
    await writeFile(list, `${entries.join('\n')}\n`, { mode: 0o600 });
    const onStderrLine = progressOf({ data, built }, onProgress);
    const database = connection.variables.PGDATABASE ?? '';
    const end = await run(program, {
      args: [
        '--format=directory',
        `--jobs=${options.jobs}`,
        '--no-password',
        '--verbose',
        '--exit-on-error',
        // It would take over the publisher's slot, and a database with a subscription can't be dropped.
        '--no-subscriptions',
        `--use-list=${list}`,
        `--dbname=dbname='${database.replace(/[\\']/g, '\\$&')}'`,
        folder,
      ],
      env: connection.variables,
      signal,
      onStderrLine,
    });
    requireDone(end);
  } finally {
    await connection.dispose();
    await rm(work, { recursive: true, force: true });
  }
}

/** The dump's table of contents, the count of what brings rows, and of what is built on them. */
export async function listEntries(program: string, folder: string, signal: AbortSignal) {
  const entries: string[] = [];
  const end = await run(program, {
    args: ['--list', folder],
    env: programEnvironment(),
    signal,
    onStdoutLine: (line) => entries.push(LEFT_OUT.test(line) ? `;${line}` : line),
  });
  requireDone(end);
  const count = (pattern: RegExp) => entries.filter((line) => pattern.test(line)).length;
  return { entries, data: count(DATA), built: count(BUILT) };
}

/** @throws BackstepError `restore_failed` when it can't be started; the signal's reason */
export async function run(
  program: string,
  { args, ...options }: { args: string[] } & Parameters<typeof runClientProgram>[2],
): Promise<ProgramEnd> {
  try {
    return await runClientProgram(program, args, options);
  } catch (cause) {
    options.signal.throwIfAborted();
    throw new BackstepError(
      'restore_failed',
      `${program} could not be started: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

const REMEDIES: [RegExp, string][] = [
  [
    /role ".*" does not exist/,
    'Create that role on the server (it owned something when the backup was taken), then start again.',
  ],
  [
    /must be (?:a )?member of role|must be able to SET ROLE/,
    'Grant that role to the role in url, then start again.',
  ],
  [
    /extension ".*" is not available|could not open extension control file/,
    'Install that extension on the server, then start again.',
  ],
  [
    /unsupported version \(.*\) in file header/,
    'Install the client programs of the version that took the backup, or newer.',
  ],
  [
    /No space left on device|could not extend file|could not write init file/,
    'Free space on the server: the restored database stands beside the present one.',
  ],
  [
    /out of shared memory/,
    'Raise max_locks_per_transaction on the server: all tables are restored in one transaction.',
  ],
  [
    /permission denied|must be (?:owner|superuser)/,
    'Use a role in url that may do this, or restore by hand as the page describes.',
  ],
  [
    /terminating connection|server closed the connection/,
    'See why the server ended it, then start again.',
  ],
];

/** @throws BackstepError `restore_failed` with what the program said and what to do */
export function requireDone(end: ProgramEnd, program = 'pg_restore'): void {
  if (end.code === 0) return;
  const said = end.lastWords.join(' ') || `exit code ${end.code}`;
  const remedy = REMEDIES.find(([pattern]) => pattern.test(said))?.[1];
  throw new BackstepError(
    'restore_failed',
    `${program} stopped: ${said}${remedy ? ` ${remedy}` : ''}`,
  );
}
