import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import type { ProgramEnd } from '@/lib/embedded/client-program';
import {
  LIST_FOLDER_PREFIX,
  openConnectionEnvironment,
  programEnvironment,
} from '@/lib/embedded/connection-environment';
import { type PgRestore, progressOf, requireDone, run } from '../run-pg-restore';
import type { DumpEntries } from './dump-entries';

export interface RestoreScript extends Omit<PgRestore, 'jobs' | 'program'> {
  /** Paths of both, of one folder: a script speaks the language of its own psql. */
  programs: { pgRestore: string; psql: string };
  entries: DumpEntries;
  /** In the transaction, before and after what the dump brings. */
  before: readonly string[];
  after: readonly string[];
}

/**
 * Restores a dump in one transaction that has more in it than the dump: pg_restore writes its script, and
 * psql performs it between our own statements. COMMIT is only sent when pg_restore has ended well; until
 * then nobody sees anything of it, and whatever dies leaves nothing.
 * @throws BackstepError `restore_failed` with the server's words and what to do; the signal's reason
 */
export async function runRestoreScript(script: RestoreScript): Promise<void> {
  const { programs, entries, signal, executorId, applicationName } = script;
  const work = await mkdtemp(path.join(tmpdir(), `${LIST_FOLDER_PREFIX}${executorId}-`));
  const connection = await openConnectionEnvironment(script.url, { executorId, applicationName });
  const psqlOver = new AbortController();
  const scriptOver = new AbortController();
  try {
    const list = path.join(work, 'entries');
    await writeFile(list, `${entries.lines.join('\n')}\n`, { mode: 0o600 });
    let stdin: Writable | undefined;
    const performed = run(programs.psql, {
      args: PSQL,
      env: connection.variables,
      signal: AbortSignal.any([signal, scriptOver.signal]),
      withStdin(stream) {
        // It breaks when psql ends at an error, which is told by what psql says.
        stream.on('error', () => undefined);
        stdin = stream;
      },
    }).finally(() => psqlOver.abort(new PsqlEnded()));
    // Whoever is first to fail is waited for below.
    performed.catch(() => undefined);
    stdin?.write(block([...BEGIN, ...script.before]));
    const written = await writeScript(script, list, stdin, psqlOver.signal);
    if (written?.code === 0) stdin?.end(block([...RESET, ...script.after, 'COMMIT']));
    else scriptOver.abort(new Error('pg_restore ended'));
    if (written && written.code !== 0) {
      await performed.catch(() => undefined);
      requireDone(written);
    }
    requireDone(await performed, 'psql');
  } finally {
    scriptOver.abort(new Error('it is over'));
    await connection.dispose();
    await rm(work, { recursive: true, force: true });
  }
}

/** psql has ended before pg_restore had written everything: what it said is the reason. */
class PsqlEnded extends Error {}

/** @returns null when psql ended first */
async function writeScript(
  { programs, folder, entries, signal, executorId, onProgress }: RestoreScript,
  list: string,
  stdin: Writable | undefined,
  psqlOver: AbortSignal,
): Promise<ProgramEnd | null> {
  try {
    return await run(programs.pgRestore, {
      args: [
        '--format=directory',
        '--verbose',
        '--exit-on-error',
        '--no-subscriptions',
        '--no-publications',
        `--use-list=${list}`,
        '--file=-',
        folder,
      ],
      env: programEnvironment(executorId),
      signal: AbortSignal.any([signal, psqlOver]),
      onStderrLine: progressOf(entries, onProgress),
      withStdout(stdout) {
        if (!stdin || stdin.destroyed) {
          stdout.resume();
          return;
        }
        stdout.pipe(stdin, { end: false });
        // What nobody takes any more is read away: a program counts as ended when all it wrote was read.
        stdin.once('close', () => {
          stdout.unpipe();
          stdout.resume();
        });
      },
    });
  } catch (cause) {
    if (cause instanceof PsqlEnded || psqlOver.aborted) {
      signal.throwIfAborted();
      return null;
    }
    throw cause;
  }
}

/** No start-up file, no password prompt; it ends at the first error, and the server rolls back. */
const PSQL = [
  '--no-psqlrc',
  '--quiet',
  '--no-password',
  '--output=/dev/null',
  '--set=ON_ERROR_STOP=1',
  // Without the details, which quote rows.
  '--set=VERBOSITY=terse',
  '--set=SHOW_CONTEXT=never',
  '--file=-',
];

/** Limits of the present database and of the role must not stop the restore. */
const LIMITS = [
  'SET statement_timeout = 0',
  'SET lock_timeout = 0',
  'SET idle_in_transaction_session_timeout = 0',
  // PostgreSQL 17 has it; where there is none this changes no row.
  "SELECT pg_catalog.set_config(s.name, '0', false) FROM pg_catalog.pg_settings s WHERE s.name = 'transaction_timeout'",
  'SET client_min_messages = warning',
];
const BEGIN = [...LIMITS, 'BEGIN READ WRITE'];

/** What the dump's script has set for itself goes; limits of the role would come back with that. */
const RESET = ['RESET ALL', 'SET search_path = pg_catalog', ...LIMITS];

const block = (statements: readonly string[]): string =>
  statements.map((statement) => `${statement};\n`).join('');
