import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { z } from 'zod';

/** AgentIM's drizzle folder: 42 migrations, 0000 to 0041. */
export const agentimMigrations = fileURLToPath(new URL('./drizzle', import.meta.url));

const journalSchema = z.looseObject({
  entries: z.array(z.looseObject({ idx: z.number(), tag: z.string(), when: z.number() })),
});

/** The journal of a drizzle folder, entries in the order in which drizzle applies them. */
export type Journal = z.infer<typeof journalSchema>;

/**
 * Reads `meta/_journal.json` of a drizzle folder.
 *
 * @throws Error when the file is missing, is not JSON or has no entries with idx, tag and when.
 */
export async function readJournal(folder: string): Promise<Journal> {
  const text = await readFile(path.join(folder, 'meta', '_journal.json'), 'utf8');
  return journalSchema.parse(JSON.parse(text));
}

/**
 * Writes to `destination` the folder as it was when `toTag` was its newest migration: what an
 * older image of the application carries.
 *
 * @throws Error when the journal has no such tag, or when `destination` holds files already.
 */
export async function cutMigrationsFolder(
  folder: string,
  toTag: string,
  destination: string,
): Promise<void> {
  const journal = await readJournal(folder);
  const last = journal.entries.findIndex((entry) => entry.tag === toTag);
  if (last === -1) throw new Error(`The journal of ${folder} has no migration ${toTag}.`);

  await mkdir(destination, { recursive: true });
  if ((await readdir(destination)).length > 0) {
    throw new Error(`${destination} is not empty; a cut folder needs an empty one.`);
  }
  const entries = journal.entries.slice(0, last + 1);
  await mkdir(path.join(destination, 'meta'));
  for (const { tag } of entries) {
    await copyFile(path.join(folder, `${tag}.sql`), path.join(destination, `${tag}.sql`));
  }
  await writeFile(
    path.join(destination, 'meta', '_journal.json'),
    JSON.stringify({ ...journal, entries }, null, 2),
  );
}

/**
 * Boots AgentIM's image, as far as the database notices: drizzle-orm's own `migrate()` with the
 * application's folder, all of it or up to and including `to` (its number or its tag).
 *
 * @throws Error when `to` names no migration; whatever `migrate()` throws, with nothing applied.
 */
export async function applyMigrations(
  url: string,
  options: { to?: number | string; folder?: string } = {},
): Promise<void> {
  // A bundled caller names the folder: this module's own place says nothing there.
  const { to, folder: source = agentimMigrations } = options;
  if (to === undefined) return migrateWith(url, source);

  const { entries } = await readJournal(source);
  const newest = entries.find((entry) => entry.idx === to || entry.tag === to);
  if (!newest) throw new Error(`AgentIM has no migration ${to}.`);

  const folder = await mkdtemp(path.join(tmpdir(), 'agentim-drizzle-'));
  try {
    await cutMigrationsFolder(source, newest.tag, folder);
    await migrateWith(url, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function migrateWith(url: string, migrationsFolder: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'agentim' });
  await client.connect();
  try {
    await migrate(drizzle(client), { migrationsFolder });
  } finally {
    await client.end();
  }
}
