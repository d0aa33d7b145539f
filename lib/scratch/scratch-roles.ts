import pg from 'pg';
import { BORROWED_ROLE_MARK } from '@/lib/catalog';
import { closeTarget, SQLSTATE, sqlstateOf } from '@/lib/target';
import { connectScratch } from './scratch-database';

/** Shared by whoever needs the roles; alone in it is who drops them. Any pair that nobody else takes. */
const LOCK = [0x6261_636b, 0x726f_6c65];

/** Roles on the scratch server that a copy of a live schema names. */
export interface BorrowedRoles {
  /** Those that are only there for copies. */
  made: string[];
  /** Those that the scratch server's role may not make. */
  lacking: string[];
  /** Drops those that no other copy needs. Call it when the copy is gone. Does not throw. */
  giveBack(): Promise<void>;
}

/**
 * Sees to it that roles of these names exist on the scratch server for as long as they are borrowed:
 * a policy can't be restored without the role that it names. Made ones can't log in.
 * @throws when the scratch server can't be reached
 */
export async function borrowRoles(
  scratchUrl: string,
  names: readonly string[],
): Promise<BorrowedRoles> {
  const holder = await connectScratch(scratchUrl);
  try {
    await holder.query('SELECT pg_catalog.pg_advisory_lock_shared($1, $2)', LOCK);
    const lacking: string[] = [];
    for (const name of await absentOf(holder, names)) {
      if (!(await makeRole(holder, name))) lacking.push(name);
    }
    const marked = await markedRoles(holder);
    return {
      made: names.filter((name) => marked.includes(name)),
      lacking,
      giveBack: async () => {
        try {
          await holder.query('SELECT pg_catalog.pg_advisory_unlock_shared($1, $2)', LOCK);
          await dropUnused(holder);
        } catch {
          // What stays is dropped with the next copy, or at the next start.
        } finally {
          await closeTarget(holder);
        }
      },
    };
  } catch (error) {
    await closeTarget(holder);
    throw error;
  }
}

/** Drops the roles that were made for copies, unless a copy is being used or still names them. */
export async function dropUnusedRoles(scratchUrl: string): Promise<void> {
  const admin = await connectScratch(scratchUrl);
  try {
    await dropUnused(admin);
  } finally {
    await closeTarget(admin);
  }
}

async function dropUnused(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ alone: boolean }>(
    'SELECT pg_catalog.pg_try_advisory_lock($1, $2) AS alone',
    LOCK,
  );
  if (!rows[0]?.alone) return;
  try {
    for (const name of await markedRoles(admin)) {
      // A database that a crash left behind may still name it; then it goes after that one.
      await admin.query(`DROP ROLE ${pg.escapeIdentifier(name)}`).catch(() => undefined);
    }
  } finally {
    await admin.query('SELECT pg_catalog.pg_advisory_unlock($1, $2)', LOCK);
  }
}

async function absentOf(admin: pg.Client, names: readonly string[]): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name
      WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name)`,
    [names],
  );
  return rows.map((row) => row.name);
}

/** @returns false when our role may not make roles */
async function makeRole(admin: pg.Client, name: string): Promise<boolean> {
  const role = pg.escapeIdentifier(name);
  try {
    // Several statements in one message are one transaction: there is no unmarked role of ours.
    await admin.query(
      `CREATE ROLE ${role} NOLOGIN; COMMENT ON ROLE ${role} IS ${pg.escapeLiteral(BORROWED_ROLE_MARK)}`,
    );
    return true;
  } catch (error) {
    const sqlstate = sqlstateOf(error);
    // Another copy was quicker.
    if (sqlstate === SQLSTATE.duplicateObject || sqlstate === SQLSTATE.uniqueViolation) return true;
    if (sqlstate === SQLSTATE.insufficientPrivilege) return false;
    throw error;
  }
}

async function markedRoles(admin: pg.Client): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_catalog.pg_roles
      WHERE pg_catalog.shobj_description(oid, 'pg_authid') = $1 ORDER BY 1`,
    [BORROWED_ROLE_MARK],
  );
  return rows.map((row) => row.name);
}
