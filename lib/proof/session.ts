import pg from 'pg';
import { closeTarget } from '@/lib/target';

const CONNECT_TIMEOUT_MS = 10_000;

export interface SessionDefaults {
  /** What unqualified names stand for; left out: the server's own. */
  searchPath?: string;
  statementTimeoutMs: number;
}

/**
 * A session on a scratch database. What it starts with are start-up parameters, so that RESET ALL goes
 * back to them and not to the server's.
 */
export async function openSession(url: string, defaults: SessionDefaults): Promise<pg.Client> {
  // Nothing here outlives the proof, so that no COMMIT need wait for the disk.
  const settings = [
    'synchronous_commit=off',
    `statement_timeout=${Math.max(1, Math.trunc(defaults.statementTimeoutMs))}`,
  ];
  if (defaults.searchPath !== undefined) settings.push(`search_path=${defaults.searchPath}`);
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'backstep proof',
    options: settings.map((setting) => `-c ${setting.replace(/[\\ ]/g, '\\$&')}`).join(' '),
  });
  // Dropping a database ends its sessions on purpose; the next query reports what was not on purpose.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await closeTarget(client);
    throw error;
  }
  return client;
}

/**
 * Ends what a migration or script has left in the session, as the end of its connection would: role,
 * settings, temporary tables, prepared statements, cursors, locks.
 */
export async function resetSession(client: pg.ClientBase): Promise<void> {
  await client.query(
    'RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; DISCARD TEMP; SELECT pg_catalog.pg_advisory_unlock_all()',
  );
}
