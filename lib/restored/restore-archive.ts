import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BackstepError } from '@/lib/core/errors';
import { type ProgramOptions, runClientProgram } from '@/lib/embedded/client-program';
import {
  LIST_FOLDER_PREFIX,
  openConnectionEnvironment,
  programEnvironment,
} from '@/lib/embedded/connection-environment';
import { redact } from '@/lib/target';

export interface ArchiveRestore {
  /** pg_restore */
  program: string;
  /** Of the dump, in the directory format. */
  folder: string;
  /** Of an empty database; may carry a password, which goes into a file that only we may read. */
  url: string;
  jobs: number;
  /** Rights are restored as well; every role that they name is there. */
  rights: boolean;
  /** Exist there already. */
  schemas: readonly string[];
  executorId: string;
  applicationName: string;
  signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

/**
 * Restores a dump into an empty database that belongs to the role of the connection, and ends at the
 * first thing that the server refuses.
 * @returns how long the server took, without the reading of the table of contents
 * @throws BackstepError `restore_failed` with the server's words and a remedy; the signal's reason
 */
export async function restoreArchive(restore: ArchiveRestore): Promise<{ restoreMs: number }> {
  // Named after the executor, like the password file: both hold nothing that outlives their use.
  const work = await mkdtemp(path.join(tmpdir(), `${LIST_FOLDER_PREFIX}${restore.executorId}-`));
  const connection = await openConnectionEnvironment(restore.url, restore);
  try {
    const entries = await listEntries(restore);
    const list = path.join(work, 'entries.list');
    await writeFile(list, `${entries.join('\n')}\n`, { mode: 0o600 });
    const started = performance.now();
    await perform(restore, { list, total: entries.length, env: connection.variables });
    return { restoreMs: performance.now() - started };
  } finally {
    await connection.dispose();
    await rm(work, { recursive: true, force: true });
  }
}

async function listEntries({ program, folder, schemas, signal }: ArchiveRestore) {
  const entries: string[] = [];
  const end = await run(program, ['--list', folder], {
    env: programEnvironment(),
    signal,
    onStdoutLine: (line) => entries.push(line),
  });
  if (end.code !== 0) throw failed(end.lastWords.join(' ') || `exit code ${end.code}`);
  const present = schemas.map((name) => ` SCHEMA - ${name} `);
  return entries.filter(
    (line) => /^\d+; /.test(line) && !present.some((schema) => line.includes(schema)),
  );
}

async function perform(
  restore: ArchiveRestore,
  { list, total, env }: { list: string; total: number; env: NodeJS.ProcessEnv },
): Promise<void> {
  const counter = new ItemCounter(restore.jobs > 1);
  const complaint = new Complaint();
  const stop = new AbortController();
  const signal = AbortSignal.any([restore.signal, stop.signal]);
  try {
    const end = await run(
      restore.program,
      [
        // A connection string, and not a name: a name with `=` in it would be read as one.
        `--dbname=dbname='${(env.PGDATABASE ?? '').replace(/[\\']/g, '\\$&')}'`,
        `--jobs=${restore.jobs}`,
        '--verbose',
        '--no-password',
        '--no-owner',
        ...(restore.rights ? [] : ['--no-acl']),
        '--no-tablespaces',
        // A copy must not reach for the publisher, and a database with a subscription can't be dropped.
        '--no-subscriptions',
        `--use-list=${list}`,
        restore.folder,
      ],
      {
        env,
        signal,
        onStderrLine: (line) => {
          if (complaint.read(line)) stop.abort();
          if (counter.read(line)) restore.onProgress(Math.min(counter.done, total), total);
        },
      },
    );
    // Settings that an older server does not know make it end with 1 all the same.
    if (complaint.said === '' && end.code !== 0 && !complaint.tolerated)
      throw failed(end.lastWords.join(' ') || `exit code ${end.code ?? 'of a signal'}`);
  } catch (cause) {
    restore.signal.throwIfAborted();
    if (complaint.said === '') throw cause;
  }
  if (complaint.said !== '') throw failed(redact(complaint.said, [restore.url]));
}

/** Reads from pg_restore's --verbose lines which entries are through. */
export class ItemCounter {
  done = 0;

  constructor(private readonly parallel: boolean) {}

  /** @returns whether another one is through */
  read(line: string): boolean {
    const through = this.parallel
      ? // What comes before the rows is done by one connection, and told differently.
        /: (?:processing|finished|skipping) item \d+ /
      : /: (?:creating|processing data for|executing) /;
    if (!through.test(line)) return false;
    this.done += 1;
    return true;
  }
}

/** A newer pg_restore sets what an older server does not know. It needs none of it. */
const TOLERATED = /unrecognized configuration parameter "/;

/** What the server says to the first statement that it refuses, with its details. */
export class Complaint {
  said = '';
  tolerated = false;
  private open = false;

  /** @returns true when the complaint is complete */
  read(line: string): boolean {
    const error = /^pg_restore: error: (.*)$/.exec(line)?.[1];
    if (error !== undefined && this.said === '') {
      if (TOLERATED.test(error)) this.tolerated = true;
      else {
        this.said = error;
        this.open = true;
      }
      return false;
    }
    if (!this.open) return false;
    if (/^(?:DETAIL|HINT|CONTEXT): /.test(line)) {
      this.said += ` ${line}`;
      return false;
    }
    this.open = false;
    return true;
  }
}

async function run(program: string, args: readonly string[], options: ProgramOptions) {
  try {
    return await runClientProgram(program, args, options);
  } catch (cause) {
    options.signal.throwIfAborted();
    throw new BackstepError(
      'restore_failed',
      `${program} could not be started: ${(cause as Error).message}. Mend that, then try again.`,
      { cause },
    );
  }
}

const REMEDIES: [RegExp, string][] = [
  [
    /No space left on device|could not extend file|disk full/i,
    'The server’s disk is full. Free some space there, then try again.',
  ],
  [
    /role "[^"]*" does not exist/,
    'The server’s role may not make the role that the dump names. Give it CREATEROLE, or make that role there.',
  ],
  [
    /unsupported version \(.*\) in file header/,
    'Install the client programs of the version that took the backup, or newer.',
  ],
  [
    /could not read|could not uncompress|unexpected end of file|did not find magic string/,
    'The backup can’t be read to its end. Use another.',
  ],
];

function failed(said: string): BackstepError {
  const remedy = REMEDIES.find(([pattern]) => pattern.test(said))?.[1];
  return new BackstepError(
    'restore_failed',
    `pg_restore could not restore it: ${said}${/[.!?]$/.test(said) ? '' : '.'} ${remedy ?? 'Mend what it names, then try again, or use another backup.'}`,
  );
}
