import path from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { ADVISORY_LOCKS } from './locks';

/**
 * Brings the control database to this version: our own migrations, then graphile-worker's. Safe to
 * call from several processes at once; the later ones wait.
 * @param root the project's folder, where `lib/control/migrations` is
 */
export async function migrateControl(url: string, root: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'backstep migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCKS.controlMigrations]);
    await migrate(drizzle(client), {
      migrationsFolder: path.join(root, 'lib', 'control', 'migrations'),
      migrationsSchema: 'backstep_migrations',
      migrationsTable: 'applied',
    });
    await runMigrations({ connectionString: url });
  } finally {
    await client.end();
  }
}
