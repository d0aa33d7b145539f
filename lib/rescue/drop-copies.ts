import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';

/**
 * Drops copies by their names, `backstep_rescue.rb_0007_s1_1`, and the schema with the last of them, unless somebody had
 * to make that for the role. A copy that
 * is gone already is passed over. The caller has a transaction open, so that all go or none.
 * @throws BackstepError `refused` for a name outside of `backstep_rescue`
 * @throws pg.DatabaseError when something depends on a copy, or a lock is not to be had in time
 */
export async function dropRescueCopies(
  client: pg.ClientBase,
  copies: readonly string[],
): Promise<void> {
  const names = copies.map((copy) => {
    const [schema, name, ...more] = copy.split('.');
    if (schema !== RESCUE_SCHEMA || !name || more.length > 0)
      throw new BackstepError('refused', `${copy} is no rescue copy, so it is not dropped.`);
    return name;
  });
  for (const name of names) {
    await client.query(
      `DROP TABLE IF EXISTS ${RESCUE_SCHEMA}.${pg.escapeIdentifier(name)} RESTRICT`,
    );
  }
  const { rows } = await client.query<{ empty: boolean }>(IS_EMPTY, [RESCUE_SCHEMA]);
  if (rows[0]?.empty) await client.query(`DROP SCHEMA ${RESCUE_SCHEMA} RESTRICT`);
}

/** No row when there is no such schema, or the role could not make it again; whatever is in it keeps it. */
const IS_EMPTY = `
  SELECT NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid
  ) AS empty
  FROM pg_catalog.pg_namespace n
  WHERE n.nspname = $1 AND pg_catalog.pg_has_role(n.nspowner, 'USAGE')
    AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')`;
