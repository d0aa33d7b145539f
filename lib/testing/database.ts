import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { startTemporaryServer, type TemporaryServer } from '@/lib/embedded/temporary-server';

/** A database of its own for one test or one test file. */
export interface TestDatabase {
  url: string;
  name: string;
  /** Opens a client; the caller ends it, or `drop` cuts it. */
  connect(): Promise<pg.Client>;
  /** Drops the database and cuts whoever is still connected. */
  drop(): Promise<void>;
}

/**
 * Superuser URL of the test run's server, database `postgres`.
 *
 * @throws Error when neither vitest's context nor BACKSTEP_TEST_POSTGRES_URL has one.
 */
export function adminUrl(): string {
  // A test may start other processes; they see the URL in the environment only.
  const url = process.env.BACKSTEP_TEST_POSTGRES_URL ?? inject('postgresUrl');
  if (!url) throw new Error('No test server: run the tests through vitest and its global set-up.');
  return url;
}

async function asAdmin(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/**
 * Creates a database with a random name, empty or as a copy of `template`. Nobody may be
 * connected to the template meanwhile: PostgreSQL then fails with 55006.
 */
export async function createTestDatabase(
  options: { template?: string; server?: string } = {},
): Promise<TestDatabase> {
  const server = options.server ?? adminUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = pg.escapeIdentifier(options.template ?? 'template0');
  await asAdmin(server, `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${template}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    name,
    async connect() {
      const client = new pg.Client({ connectionString: url.href });
      // `drop` ends open sessions on purpose; without a listener that would end the process.
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    async drop() {
      await asAdmin(server, `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
    },
  };
}

/**
 * Gives a test file a server of its own: one with other settings, or one that it is going to harm.
 * @returns ends it, and gives the test run's server back
 */
export async function useOwnServer(
  settings: Record<string, string> = {},
): Promise<() => Promise<void>> {
  const before = process.env.BACKSTEP_TEST_POSTGRES_URL;
  const server = await startTemporaryServer(settings);
  process.env.BACKSTEP_TEST_POSTGRES_URL = server.url;
  return async () => {
    if (before === undefined) delete process.env.BACKSTEP_TEST_POSTGRES_URL;
    else process.env.BACKSTEP_TEST_POSTGRES_URL = before;
    await server.stop();
  };
}

/** Starts a second server, with another system identifier, for the tests that need one. */
export function createTestCluster(): Promise<TemporaryServer> {
  return startTemporaryServer();
}
