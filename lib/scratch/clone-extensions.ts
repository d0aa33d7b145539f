import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import type { LiveExtension } from './live-surroundings';

/**
 * Prepares an empty database for the extensions of a live one. pg_dump does not say their versions:
 * those that the scratch server would make in another version are made here.
 * @returns the schemas that were made for them
 * @throws BackstepError `rehearsal_failed` naming the extensions that the scratch server does not have
 */
export async function prepareExtensions(
  client: pg.Client,
  live: readonly LiveExtension[],
): Promise<{ schemas: string[] }> {
  const defaults = new Map<string, string>();
  const { rows: available } = await client.query<{ name: string; version: string }>(
    'SELECT name, default_version AS version FROM pg_catalog.pg_available_extensions',
  );
  for (const { name, version } of available) defaults.set(name, version);
  const absent = live.filter(({ name }) => !defaults.has(name)).map(({ name }) => name);
  if (absent.length > 0) throw extensionsAbsent(absent);
  await dropThoseThatLiveLacks(client, live);
  const { rows: versions } = await client.query<{ name: string; version: string }>(
    'SELECT name, version FROM pg_catalog.pg_available_extension_versions',
  );
  const has = new Set(versions.map(({ name, version }) => `${name} ${version}`));
  const schemas: string[] = [];
  for (const { name, version, schema } of live) {
    if (defaults.get(name) === version || !has.has(`${name} ${version}`)) continue;
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(schema)}`);
    await client.query(
      `CREATE EXTENSION IF NOT EXISTS ${pg.escapeIdentifier(name)}
         WITH SCHEMA ${pg.escapeIdentifier(schema)} VERSION ${pg.escapeLiteral(version)} CASCADE`,
    );
    schemas.push(schema);
  }
  return { schemas };
}

/** A fresh database has plpgsql, which somebody may have dropped. */
async function dropThoseThatLiveLacks(
  client: pg.Client,
  live: readonly LiveExtension[],
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT extname AS name FROM pg_catalog.pg_extension WHERE extname <> ALL ($1)',
    [live.map(({ name }) => name)],
  );
  for (const { name } of rows) await client.query(`DROP EXTENSION ${pg.escapeIdentifier(name)}`);
}

function extensionsAbsent(names: readonly string[]): BackstepError {
  const [one, it] = names.length === 1 ? ['extension', 'it'] : ['extensions', 'them'];
  return new BackstepError(
    'rehearsal_failed',
    `The live schema uses the ${one} ${names.join(', ')}, which the scratch server does not have. Install ${it} there, or set SCRATCH_DATABASE_URL to a server that has ${it}, then try again.`,
    { details: { extensions: names } },
  );
}
