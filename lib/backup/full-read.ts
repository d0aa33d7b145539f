import { BackstepError } from '@/lib/core/errors';
import { type ProgramEnd, runClientProgram } from '@/lib/embedded/client-program';
import { programEnvironment } from '@/lib/embedded/connection-environment';
import type { DumpSnapshot } from './dump-snapshot';

// `3421; 0 16402 TABLE DATA public rooms owner`: the second number is the object id of the table.
// Names are not compared: they may contain spaces, and pg_restore does not quote them.
const TABLE_DATA = /^\d+; \d+ (\d+) TABLE DATA /;

/**
 * Reads a dump from its first to its last byte with pg_restore and compares its table of contents
 * with the tables of the snapshot. Listing alone proves nothing: it succeeds on a truncated dump.
 * @returns the number of tables whose rows were read
 * @throws BackstepError `backup_failed`; the signal's reason
 */
export async function readFully(
  pgRestore: string,
  folder: string,
  snapshot: Pick<DumpSnapshot, 'tables' | 'trackingTable'>,
  { signal, executorId }: { signal: AbortSignal; executorId: string },
): Promise<number> {
  const listed = new Set<string>();
  const env = programEnvironment(executorId);
  const list = await runClientProgram(pgRestore, ['--list', folder], {
    env,
    signal,
    onStdoutLine: (line) => {
      const oid = TABLE_DATA.exec(line)?.[1];
      if (oid) listed.add(oid);
    },
  });
  requireClean(list, 'list the dump');
  if (!listed.has(snapshot.trackingTable.oid)) {
    throw new BackstepError(
      'backup_failed',
      `The dump does not hold the tracking table ${snapshot.trackingTable.name}.`,
    );
  }
  const missing = [...snapshot.tables]
    .filter(([oid]) => !listed.has(oid))
    .map(([, { name }]) => name);
  if (missing.length > 0) {
    throw new BackstepError(
      'backup_failed',
      `The dump lacks the rows of ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more tables` : ''}.`,
    );
  }
  const read = await runClientProgram(pgRestore, ['--file=/dev/null', folder], { env, signal });
  requireClean(read, 'read the dump');
  return listed.size;
}

function requireClean(end: ProgramEnd, doing: string): void {
  if (end.code === 0 && end.warnings === 0) return;
  throw new BackstepError(
    'backup_failed',
    `pg_restore could not ${doing}: ${end.lastWords.join(' ') || `exit code ${end.code}`}`,
  );
}
