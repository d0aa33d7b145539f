import pg from 'pg';
import { type TrackingTable, trackingIdentifier } from '@/lib/target';

const { escapeIdentifier, escapeLiteral } = pg;

/**
 * The fence: a statement trigger on drizzle's tracking table that refuses new rows. drizzle writes a
 * row for each migration that it applies, in the same transaction, so a refused row undoes the
 * migration as well; an image with nothing to apply writes none and boots.
 */
export const FENCE_NAME = 'backstep_fence';

/** Counts the refusals: a number that a sequence has given out stays given out when all else is undone. */
const FENCE_COUNTER = `${FENCE_NAME}_refusals`;

export type Tracking = TrackingTable;

const inSchema = (tracking: Tracking, name: string): string =>
  `${escapeIdentifier(tracking.schema)}.${escapeIdentifier(name)}`;

/** Statements that put the fence up, or move an existing one to this rollback. */
export function raiseFenceSql(
  tracking: Tracking,
  fence: { rollback: string; head: string },
): string[] {
  const table = trackingIdentifier(tracking);
  const counter = inSchema(tracking, FENCE_COUNTER);
  const refuse = inSchema(tracking, FENCE_NAME);
  return [
    dropForeignCounterSql(tracking, fence.rollback),
    `CREATE SEQUENCE IF NOT EXISTS ${counter}`,
    `GRANT USAGE ON SEQUENCE ${counter} TO PUBLIC`,
    `CREATE OR REPLACE FUNCTION ${refuse}() RETURNS trigger LANGUAGE plpgsql AS ${escapeLiteral(refusalBody(tracking, fence))}`,
    `DROP TRIGGER IF EXISTS ${FENCE_NAME} ON ${table}`,
    `CREATE TRIGGER ${FENCE_NAME} BEFORE INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION ${refuse}()`,
    `COMMENT ON TRIGGER ${FENCE_NAME} ON ${table} IS ${escapeLiteral(JSON.stringify(fence))}`,
  ];
}

/** A count belongs to one rollback: another one's fence begins anew, a resumed one's goes on. */
function dropForeignCounterSql(tracking: Tracking, rollback: string): string {
  const said = `pg_catalog.obj_description(t.oid, 'pg_trigger')`;
  const table = escapeLiteral(trackingIdentifier(tracking));
  const body = [
    'BEGIN',
    '  IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t',
    `    WHERE t.tgrelid = ${table}::pg_catalog.regclass AND t.tgname = ${escapeLiteral(FENCE_NAME)}`,
    `      AND ${said} LIKE ${escapeLiteral(`%"rollback":${JSON.stringify(rollback)}%`)}) THEN`,
    `    DROP SEQUENCE IF EXISTS ${inSchema(tracking, FENCE_COUNTER)};`,
    '  END IF;',
    'END',
  ].join('\n');
  return `DO ${escapeLiteral(body)}`;
}

/** The booting role may lack the right to count; it must hear the fence's error all the same. */
function refusalBody(tracking: Tracking, fence: { rollback: string; head: string }): string {
  const message = `Backstep fence: ${fence.rollback} took this database back to ${fence.head}, so newer migrations are refused`;
  const hint = `Deploy the release whose newest migration is ${fence.head}, then release the fence in Backstep.`;
  const counter = escapeLiteral(inSchema(tracking, FENCE_COUNTER));
  return [
    'BEGIN',
    '  BEGIN',
    `    PERFORM pg_catalog.nextval(${counter}::pg_catalog.regclass);`,
    '  EXCEPTION WHEN OTHERS THEN NULL;',
    '  END;',
    `  RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',`,
    `    MESSAGE = ${escapeLiteral(message)},`,
    `    HINT = ${escapeLiteral(hint)};`,
    'END',
  ].join('\n');
}

export function releaseFenceSql(tracking: Tracking): string[] {
  return [
    `DROP TRIGGER IF EXISTS ${FENCE_NAME} ON ${trackingIdentifier(tracking)}`,
    `DROP FUNCTION IF EXISTS ${inSchema(tracking, FENCE_NAME)}()`,
    `DROP SEQUENCE IF EXISTS ${inSchema(tracking, FENCE_COUNTER)}`,
  ];
}

/** The same for a person with psql. */
export function fenceRemovalScript(tracking: Tracking): string {
  return `${releaseFenceSql(tracking).join(';\n')};`;
}
