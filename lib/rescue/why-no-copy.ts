import type pg from 'pg';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';

/** Beyond the schema itself: a copy that is sent to subscribers stops their replication. */
export const PUBLISHED =
  'A publication FOR ALL TABLES would send the rescue copy to subscribers that have no such table, and their replication would stop. Have the publication made anew with a list of its tables or schemas, or run without a rescue copy; where the policy says rescue: always, set it to ask for this target.';

export const MAY_NOT_MAKE = `The role of the run may not make the schema ${RESCUE_SCHEMA} for the rescue copy. Have the owner of the database run CREATE SCHEMA ${RESCUE_SCHEMA} AUTHORIZATION with that role, or run without a rescue copy.`;

const MAY_NOT_USE = `The role of the run may not make tables in the schema ${RESCUE_SCHEMA}. Have its owner grant it CREATE and USAGE there, or run without a rescue copy.`;

const PLACE = `
  SELECT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE puballtables) AS published,
         pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS "mayMake",
         (SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE')
             AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
            FROM pg_catalog.pg_namespace n WHERE n.nspname = $1) AS "mayUse"`;

/**
 * Asks whether the role of the session can make rescue copies in this database. Changes nothing.
 * @returns why not and what to do, as sentences; null when it can
 */
export async function whyNoCopy(client: pg.ClientBase): Promise<string | null> {
  const { rows } = await client.query<{
    published: boolean;
    mayMake: boolean;
    /** Null where there is no such schema yet. */
    mayUse: boolean | null;
  }>(PLACE, [RESCUE_SCHEMA]);
  const [found] = rows;
  if (!found) throw new Error('The server did not tell who may make rescue copies.');
  if (found.published) return PUBLISHED;
  if (found.mayUse === null) return found.mayMake ? null : MAY_NOT_MAKE;
  return found.mayUse ? null : MAY_NOT_USE;
}
