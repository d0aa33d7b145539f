import type pg from 'pg';
import { freeBytes } from './backup-folder';
import { formatBytes } from './format-bytes';

/** Less than this is a full disk for whoever writes a dump. */
const FULL_BELOW_BYTES = 16 * 1024 * 1024;
const NAMED_AT_MOST = 3;

const USER_OBJECT = `n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'`;

const UNREADABLE = `
  SELECT n.nspname || '.' || c.relname AS name, current_user::text AS role
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'S') AND ${USER_OBJECT}
     AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE')
              AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))
   ORDER BY 1`;

const HIDDEN_ROWS = `
  SELECT n.nspname || '.' || c.relname AS name, current_user::text AS role
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relrowsecurity AND pg_catalog.row_security_active(c.oid)
   ORDER BY 1`;

const EXCLUSIVE_LOCKS = `
  SELECT l.pid, a.application_name AS application, a.usename AS role,
         n.nspname || '.' || c.relname AS name
    FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    JOIN pg_catalog.pg_class c ON c.oid = l.relation
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'AccessExclusiveLock'
     AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
     AND ${USER_OBJECT} AND l.pid <> pg_catalog.pg_backend_pid()
   ORDER BY a.xact_start`;

/**
 * Why a dump failed and what to do, found out by looking at the disk and the database: pg_dump's own
 * words change with version and language.
 */
export async function diagnoseDumpFailure(client: pg.Client, folder: string): Promise<string> {
  const free = await freeBytes(folder);
  if (free < FULL_BELOW_BYTES) {
    return `The disk of ${folder} is full (${formatBytes(free)} left). Free some space, then take the backup again.`;
  }
  const unreadable = await client.query<{ name: string; role: string }>(UNREADABLE);
  if (unreadable.rows[0]) {
    return `The role ${unreadable.rows[0].role} may not read ${named(unreadable.rows)}. Grant it USAGE on the schema and SELECT, or let the target's url use the owner, then take the backup again.`;
  }
  const hidden = await client.query<{ name: string; role: string }>(HIDDEN_ROWS);
  if (hidden.rows[0]) {
    return `Row-level security hides rows of ${named(hidden.rows)} from the role ${hidden.rows[0].role}. Give it BYPASSRLS, or let the target's url use the owner, then take the backup again.`;
  }
  const locks = await client.query<{
    pid: number;
    application: string;
    role: string;
    name: string;
  }>(EXCLUSIVE_LOCKS);
  const [lock] = locks.rows;
  if (lock) {
    return `Session ${lock.pid} (${lock.application || 'no application name'}, ${lock.role}) holds ${lock.name} exclusively. Wait until it ends or end it, then take the backup again.`;
  }
  return 'Mend what pg_dump names, then take the backup again.';
}

function named(rows: readonly { name: string }[]): string {
  const names = rows.slice(0, NAMED_AT_MOST).map((row) => row.name);
  const more = rows.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
