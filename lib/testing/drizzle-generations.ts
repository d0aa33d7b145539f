import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { drizzle as drizzle1 } from 'drizzle-orm-1/node-postgres';
import { migrate as migrate1 } from 'drizzle-orm-1/node-postgres/migrator';
import type { SampleMigration, SampleTarget } from '@/lib/folders/sample-target.fixture';

/** drizzle with a journal, and drizzle 1.0 with a folder for each migration. */
export type Generation = '0.x' | '1.x';

/** `0003_step` as 1.0 names it: by the time at which it was made. */
const versionTag = (tag: string): string => `2026010100${tag}`;

export const tagIn = (generation: Generation, tag: string): string =>
  generation === '1.x' ? versionTag(tag) : tag;

/** Writes the history in the layout of 1.0, with scripts that are paired by tag. */
export async function writeVersions(
  { target }: SampleTarget,
  history: readonly SampleMigration[],
): Promise<void> {
  const home = path.dirname(target.migrations);
  target.migrations = path.join(home, `versions-${history.length}`);
  target.rollbacks = path.join(home, 'version-scripts');
  target.rollbackPattern = '{tag}.down.sql';
  await mkdir(target.rollbacks, { recursive: true });
  for (const { tag, up, down } of history) {
    const folder = path.join(target.migrations, versionTag(tag));
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'migration.sql'), up);
    if (down !== undefined) {
      await writeFile(path.join(target.rollbacks, `${versionTag(tag)}.down.sql`), down);
    }
  }
}

/** An image boots and calls migrate(). @returns 'booted', or what the server said against it */
export async function bootImage(
  { database, target }: SampleTarget,
  generation: Generation,
): Promise<string> {
  const client = await database.connect();
  const config = { migrationsFolder: target.migrations };
  try {
    if (generation === '0.x') await migrate(drizzle(client), config);
    else await migrate1(drizzle1({ client }), config);
    return 'booted';
  } catch (cause) {
    // drizzle wraps what the server says.
    const said = (cause as Error).cause ?? cause;
    return (said as Error).message;
  } finally {
    await client.end();
  }
}
