import type pg from 'pg';
import type { LiveSessions } from '@/lib/core/decision';
import type { TargetConfig } from '@/lib/core/policy';
import { readRowChanges } from '@/lib/impact';
import { withTarget } from '@/lib/target';

/** A card must not hold up a page for longer. */
const TIME_LIMIT_MS = 4_000;

/** Whose sessions the role may not see has a name there, and no type. */
const SESSIONS = `
  SELECT coalesce(application_name, '') AS application, coalesce(usename::text, '') AS "user",
         count(*)::int AS sessions, count(xact_start)::int AS in_transaction,
         (extract(epoch FROM clock_timestamp() - min(xact_start)) * 1000)::float8 AS oldest_ms
    FROM pg_catalog.pg_stat_activity
   WHERE datname = pg_catalog.current_database()
     AND coalesce(backend_type, 'client backend') = 'client backend'
     AND NOT pg_catalog.starts_with(coalesce(application_name, ''), 'backstep ')
   GROUP BY 1, 2 ORDER BY 3 DESC, 1`;

const RIGHTS = `
  SELECT r.rolsuper OR r.rolcreatedb AS creates,
         r.rolsuper OR pg_catalog.pg_has_role(d.datdba, 'USAGE') AS owns
    FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
   WHERE r.rolname = current_user AND d.datname = pg_catalog.current_database()`;

/** What a decision needs to know of the database as it is now. */
export interface LiveDatabase {
  sessions: LiveSessions[];
  changes: Awaited<ReturnType<typeof readRowChanges>>;
  /** The role of `url` may create a database, and rename this one. */
  mayCreate: boolean;
  mayRename: boolean;
}

/** @throws BackstepError `target_unreachable`; what the server says */
export function readLiveDatabase(target: TargetConfig): Promise<LiveDatabase> {
  return withTarget(
    target,
    'write',
    async (client) => {
      await client.query('SET default_transaction_read_only = on');
      const rights = await readRights(client);
      return {
        sessions: await readSessions(client),
        changes: await readRowChanges(client),
        mayCreate: rights.creates,
        mayRename: rights.creates && rights.owns,
      };
    },
    { applicationName: 'backstep decision', timeLimitMs: TIME_LIMIT_MS },
  );
}

async function readSessions(client: pg.Client): Promise<LiveSessions[]> {
  const { rows } = await client.query<{
    application: string;
    user: string;
    sessions: number;
    in_transaction: number;
    oldest_ms: number | null;
  }>(SESSIONS);
  return rows.map((row) => ({
    application: row.application,
    user: row.user,
    sessions: row.sessions,
    inTransaction: row.in_transaction,
    oldestMs: row.oldest_ms,
  }));
}

async function readRights(client: pg.Client): Promise<{ creates: boolean; owns: boolean }> {
  const { rows } = await client.query<{ creates: boolean; owns: boolean }>(RIGHTS);
  return rows[0] ?? { creates: false, owns: false };
}
