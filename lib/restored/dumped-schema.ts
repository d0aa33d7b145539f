import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { BackstepError } from '@/lib/core/errors';
import { type LiveExtension, readSurroundings } from '@/lib/scratch/live-surroundings';

/** Beside the dump's own files; the manifest has its checksum, and pg_restore does not look at it. */
export const SCHEMA_FILE = 'schema.json';

/**
 * The schema as the dump's snapshot saw it. A fingerprint only says that two schemas differ; with this,
 * what differs has a name, and what is only worded otherwise after a restore is no difference.
 */
export interface DumpedSchema {
  format: 'backstep-schema-1';
  catalog: CatalogSnapshot;
  /** Roles that objects of the database name as owner, in rights or in policies. */
  roles: string[];
  extensions: LiveExtension[];
  /** Of the role that writes to the target, its own name written out. */
  searchPath: string;
}

/**
 * Reads what a dump's schema is compared with, in the transaction that is open on the client. The rest of
 * that transaction has nothing but pg_catalog on its search path.
 */
export async function readDumpedSchema(
  client: pg.Client,
  catalog: CatalogSnapshot,
  searchPath: string,
): Promise<DumpedSchema> {
  await client.query("SELECT pg_catalog.set_config('search_path', 'pg_catalog', true)");
  const { roles, extensions } = await readSurroundings(client);
  return { format: 'backstep-schema-1', catalog, roles, extensions, searchPath };
}

/** Writes it durably into the folder of a dump, before the manifest is made. */
export async function writeSchemaFile(folder: string, schema: DumpedSchema): Promise<void> {
  const handle = await open(path.join(folder, SCHEMA_FILE), 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify(schema));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The schema of a backup whose files have been compared with the manifest already.
 * @returns null for a backup of an older Backstep, which has none
 * @throws BackstepError `backup_failed` when the file can't be understood
 */
export async function readSchemaFile(folder: string): Promise<DumpedSchema | null> {
  const file = path.join(folder, SCHEMA_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
  const schema = JSON.parse(text) as DumpedSchema;
  if (schema.format === 'backstep-schema-1') return schema;
  throw new BackstepError(
    'backup_failed',
    `${file} is of another version of Backstep. Take another backup, or test this one with the version that took it.`,
  );
}
