import type pg from 'pg';

export interface ReplaySettings {
  /** The target's own default: unqualified names shall mean here what they mean there. */
  searchPath: string;
  statementTimeoutMs: number;
}

/** Ends what a script has left in the session, then sets what every migration begins with. */
export async function beginAnew(client: pg.Client, settings: ReplaySettings): Promise<void> {
  await endSession(client);
  await client.query(
    "SELECT pg_catalog.set_config('search_path', $1, false), pg_catalog.set_config('statement_timeout', $2, false)",
    [settings.searchPath, String(settings.statementTimeoutMs)],
  );
}

/** Role, settings, temporary tables, locks: what follows must not depend on a migration's. */
export async function endSession(client: pg.Client): Promise<void> {
  await client.query('DISCARD ALL');
}
