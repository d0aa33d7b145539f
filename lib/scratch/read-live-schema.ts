import pg from 'pg';
import { snapshotCatalog } from '@/lib/catalog';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import { SQLSTATE, sqlstateOf, withTarget } from '@/lib/target';

export interface LiveSchema {
  catalog: CatalogSnapshot;
  /** Where the run's session looks up unqualified names, with its own user's name written out. */
  searchPath: string;
}

/**
 * Reads what the rehearsal is compared with and has to imitate. The search path is the writing
 * role's: a role or database may have one of its own, and the read-only role another.
 * @throws BackstepError `target_unreachable`, `rehearsal_failed` when a table is held by somebody
 */
export async function readLiveSchema(
  target: TargetConfig,
  applicationName: string,
): Promise<LiveSchema> {
  const catalog = await readCatalog(target, applicationName);
  const searchPath = await withTarget(
    target,
    'write',
    async (client) => {
      const { rows } = await client.query<{ path: string; user: string }>(
        "SELECT pg_catalog.current_setting('search_path') AS path, current_user::text AS user",
      );
      const row = rows[0];
      if (!row) throw new Error('the target did not tell its search path');
      // On the scratch server the user has another name.
      return row.path.replaceAll('"$user"', pg.escapeIdentifier(row.user));
    },
    { applicationName },
  );
  return { catalog, searchPath };
}

async function readCatalog(
  target: TargetConfig,
  applicationName: string,
): Promise<CatalogSnapshot> {
  try {
    return await withTarget(
      target,
      'read',
      (client) => snapshotCatalog(client, { tracking: target.tracking }),
      { applicationName },
    );
  } catch (cause) {
    // PostgreSQL locks a table to print some of its definitions.
    const sqlstate = sqlstateOf(cause);
    if (sqlstate !== SQLSTATE.lockNotAvailable && sqlstate !== SQLSTATE.queryCanceled) throw cause;
    throw new BackstepError(
      'rehearsal_failed',
      `The schema of '${target.name}' could not be read in time: another session holds one of its tables exclusively, or the server is very slow. Try again when that session has ended.`,
      { cause },
    );
  }
}
