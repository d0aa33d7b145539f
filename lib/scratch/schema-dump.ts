import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BackstepError } from '@/lib/core/errors';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';
import { type ProgramEnd, runClientProgram } from '@/lib/embedded/client-program';
import { openConnectionEnvironment } from '@/lib/embedded/connection-environment';

/** As patient as everything else that reads a target: a dump in a queue is in others' way. */
const LOCK_WAIT_MS = 3_000;

/** The schema of a database in a file of its own. */
export interface SchemaDump {
  /**
   * Restores it into another database, as the role of that connection. What the server refuses is
   * left out.
   * @param options.schemas exist there already
   * @returns what was complained about
   */
  restore(options: { url: string; schemas: readonly string[] }): Promise<string[]>;
  /** Removes the file. */
  dispose(): Promise<void>;
}

interface DumpRequest {
  /** Of the database to dump; may carry a password, which goes into a file that only we may read. */
  url: string;
  pgDump: string;
  pgRestore: string;
  applicationName: string;
  executorId: string;
  signal: AbortSignal;
}

/**
 * Dumps a database's schema without its rows.
 * @throws BackstepError `rehearsal_failed` with pg_dump's last words; the signal's reason
 */
export async function dumpSchema(request: DumpRequest): Promise<SchemaDump> {
  const folder = await mkdtemp(path.join(tmpdir(), 'backstep-clone-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  const file = path.join(folder, 'schema.dump');
  try {
    const end = await onDatabase(request, request.url, request.pgDump, [
      '--schema-only',
      '--format=custom',
      '--no-tablespaces',
      // A copy must not reach for the publisher, and a database with a subscription can't be dropped.
      '--no-subscriptions',
      // Rescue copies are nobody's but the role's that runs; pg_dump would need the right to read them.
      `--exclude-schema=${RESCUE_SCHEMA}`,
      '--no-password',
      `--lock-wait-timeout=${LOCK_WAIT_MS}`,
      `--file=${file}`,
    ]);
    if (end.code !== 0) throw failed('pg_dump', end, 'could not be dumped');
  } catch (error) {
    await dispose();
    throw error;
  }
  return { dispose, restore: (options) => restore(request, { ...options, folder, file }) };
}

/** Made by ourselves (see `defaultRightsSql`), or no part of a schema and full of passwords. */
const LEFT_OUT = /^\d+; \d+ \d+ (?:DEFAULT ACL|USER MAPPING|SUBSCRIPTION) /;

async function restore(
  request: DumpRequest,
  target: { url: string; schemas: readonly string[]; folder: string; file: string },
): Promise<string[]> {
  const entries: string[] = [];
  const listed = await onDatabase(
    request,
    target.url,
    request.pgRestore,
    ['--list', target.file],
    (line) => entries.push(line),
  );
  if (listed.code !== 0) throw failed('pg_restore', listed, 'could not be read back');
  const present = target.schemas.map((name) => ` SCHEMA - ${name} `);
  const wanted = entries.filter(
    (entry) => !LEFT_OUT.test(entry) && !present.some((schema) => entry.includes(schema)),
  );
  const list = path.join(target.folder, 'entries.list');
  await writeFile(list, `${wanted.join('\n')}\n`);
  // Without --exit-on-error: a newer pg_restore sets what this server does not know, and what really
  // lacks is seen when the copy is compared.
  const end = await onDatabase(request, target.url, request.pgRestore, [
    `--dbname=${databaseOf(target.url)}`,
    '--no-owner',
    '--no-tablespaces',
    '--no-password',
    `--use-list=${list}`,
    target.file,
  ]);
  if (end.code === null) throw failed('pg_restore', end, 'could not be restored');
  return end.code === 0 ? [] : end.lastWords;
}

const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

async function onDatabase(
  request: DumpRequest,
  url: string,
  program: string,
  args: readonly string[],
  onStdoutLine?: (line: string) => void,
): Promise<ProgramEnd> {
  const connection = await openConnectionEnvironment(url, request);
  try {
    return await runClientProgram(program, args, {
      env: connection.variables,
      signal: request.signal,
      ...(onStdoutLine && { onStdoutLine }),
    });
  } finally {
    await connection.dispose();
  }
}

function failed(program: string, end: ProgramEnd, what: string): BackstepError {
  const how = end.code === null ? 'a signal' : `exit code ${end.code}`;
  return new BackstepError(
    'rehearsal_failed',
    `The live schema ${what}: ${program} ended with ${how}. Mend what it names, then try again. Its last words: ${end.lastWords.join(' ')}`,
  );
}
