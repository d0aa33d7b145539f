import { readFile, statfs } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import type { BackupManifest } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { formatBytes } from '@/lib/core/format-bytes';
import { onScratchServer } from '@/lib/scratch/scratch-database';

export interface ServerForTest {
  major: number;
  /** Its role may restore rights of others. */
  superuser: boolean;
  remarks: string[];
}

interface Facts {
  versionNum: number;
  version: string;
  superuser: boolean;
  /** Of the server's data directory, where it is on this machine; null: nobody knows. */
  freeBytes: number | null;
}

/**
 * Looks whether a backup can be restored on the scratch server at all: its version, its extensions and
 * its room. Said before anything begins.
 * @param databaseBytes of the database when it was dumped
 * @throws BackstepError `restore_failed` with what lacks and what to do
 */
export async function examineServer(
  scratchUrl: string,
  manifest: Pick<BackupManifest, 'database' | 'extensions'>,
  databaseBytes: number | null,
): Promise<ServerForTest> {
  return onScratchServer(scratchUrl, async (admin) => {
    const facts = await readFacts(admin);
    const major = Math.floor(facts.versionNum / 10_000);
    const wanted = Math.floor(manifest.database.serverVersionNum / 10_000);
    if (wanted > major) {
      throw new BackstepError(
        'restore_failed',
        `The backup is of PostgreSQL ${wanted}, and the scratch server is PostgreSQL ${facts.version}: an older server can’t take it. Set SCRATCH_DATABASE_URL to a server of version ${wanted} or newer, restart Backstep, then test it again.`,
      );
    }
    await requireExtensions(admin, manifest.extensions ?? []);
    return {
      major,
      superuser: facts.superuser,
      remarks: remarkOnRoom(facts.freeBytes, databaseBytes),
    };
  });
}

async function readFacts(admin: pg.Client): Promise<Facts> {
  const { rows } = await admin.query<{
    versionNum: number;
    version: string;
    superuser: boolean;
    started: string;
  }>(`
    SELECT pg_catalog.current_setting('server_version_num')::int AS "versionNum",
           pg_catalog.current_setting('server_version') AS version,
           (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser,
           pg_catalog.floor(extract(epoch FROM pg_catalog.pg_postmaster_start_time()))::text AS started`);
  const [row] = rows;
  if (!row) throw new Error('the scratch server did not tell its version');
  return { ...row, freeBytes: row.superuser ? await freeBytesOf(admin, row.started) : null };
}

/** Only of a server on this machine: its data directory is here, and has this very server's lock file. */
async function freeBytesOf(admin: pg.Client, started: string): Promise<number | null> {
  const { rows } = await admin.query<{ directory: string }>(
    "SELECT pg_catalog.current_setting('data_directory') AS directory",
  );
  const directory = rows[0]?.directory ?? '';
  try {
    const lines = (await readFile(path.join(directory, 'postmaster.pid'), 'utf8')).split('\n');
    // The server notes the second in which it began to start; what it tells is a moment later.
    if (Math.abs(Number(lines[2]) - Number(started)) > 2) return null;
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** @returns what is worth saying of the room */
function remarkOnRoom(free: number | null, needed: number | null): string[] {
  if (needed === null) return [];
  if (free === null) {
    return [
      `The copy takes about ${formatBytes(needed)} on the scratch server, whose free space can’t be seen from here.`,
    ];
  }
  if (free >= needed) return [];
  throw new BackstepError(
    'restore_failed',
    `The copy takes about ${formatBytes(needed)} on the scratch server, and ${formatBytes(free)} are free there. Free some space, or set SCRATCH_DATABASE_URL to a server that has it, then test it again.`,
  );
}

async function requireExtensions(
  admin: pg.Client,
  wanted: readonly { name: string }[],
): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT w.name FROM unnest($1::text[]) AS w(name)
      WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_available_extensions a WHERE a.name = w.name)
      ORDER BY 1`,
    [wanted.map(({ name }) => name)],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name);
  const [one, it] = names.length === 1 ? ['extension', 'it'] : ['extensions', 'them'];
  throw new BackstepError(
    'restore_failed',
    `The backup needs the ${one} ${names.join(', ')}, which the scratch server does not have. Install ${it} there, or set SCRATCH_DATABASE_URL to a server that has ${it}, then test it again.`,
    { details: { extensions: names } },
  );
}
