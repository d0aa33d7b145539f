import pg from 'pg';
import type { TargetConfig } from '@/lib/core/policy';
import type { LiveSession } from './live-session';
import { partsOf } from './quoted-name';

/**
 * Where the run's session will look for bare names. The run has another role than this look, and a role or
 * database may have a path of its own.
 * @throws Error when the connection is gone
 */
export async function runSearchPath(
  session: LiveSession,
  target: Pick<TargetConfig, 'url'>,
): Promise<string[]> {
  const user = userOf(target.url);
  const role = pg.escapeLiteral(user);
  const found = await session.ask<{ setting: string }>(`
SELECT split_part(item, '=', 2) AS setting
FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS item
WHERE item LIKE 'search\\_path=%'
  AND s.setrole IN (0, (SELECT r.oid FROM pg_roles r WHERE r.rolname = ${role}))
  AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
ORDER BY s.setrole <> 0 AND s.setdatabase <> 0 DESC, s.setrole <> 0 DESC, s.setdatabase <> 0 DESC
LIMIT 1`);
  const setting = found.ok ? found.rows[0]?.setting : undefined;
  const path = pathOf(setting ?? '"$user", public', user);
  // PostgreSQL passes over schemas that don't exist, and so makes nothing in them.
  const names = path.map(pg.escapeLiteral).join(', ');
  const existing = await session.ask<{ name: string }>(
    `SELECT nspname::text AS name FROM pg_namespace WHERE nspname = ANY (ARRAY[${names}]::name[])`,
  );
  const there = existing.ok ? new Set(existing.rows.map(({ name }) => name)) : undefined;
  return there ? path.filter((schema) => there.has(schema)) : path;
}

function pathOf(setting: string, user: string): string[] {
  return setting
    .split(',')
    .flatMap((item) => partsOf(item.trim()))
    .filter((schema) => schema !== '')
    .map((schema) => (schema === '$user' ? user : schema));
}

function userOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url).username);
  } catch {
    // Without a readable user there is no path of its own either.
    return '';
  }
}
