import pg from 'pg';
import { type TrackingTable, trackingIdentifier } from '@/lib/target';

const { escapeIdentifier, escapeLiteral } = pg;

/**
 * The fence: a statement trigger on drizzle's tracking table that refuses new rows. drizzle writes a
 * row for each migration that it applies, in the same transaction, so a refused row undoes the
 * migration as well; an image with nothing to apply writes none and boots.
 */
export const FENCE_NAME = 'backstep_fence';

export type Tracking = TrackingTable;

const fenceFunction = (tracking: Tracking): string =>
  `${escapeIdentifier(tracking.schema)}.${escapeIdentifier(FENCE_NAME)}`;

/** Statements that put the fence up, or move an existing one to this rollback. */
export function raiseFenceSql(
  tracking: Tracking,
  fence: { rollback: string; head: string },
): string[] {
  const message = `Backstep fence: ${fence.rollback} took this database back to ${fence.head}, so newer migrations are refused`;
  const hint = `Deploy the release whose newest migration is ${fence.head}, then release the fence in Backstep.`;
  const body = [
    'BEGIN',
    `  RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',`,
    `    MESSAGE = ${escapeLiteral(message)},`,
    `    HINT = ${escapeLiteral(hint)};`,
    'END',
  ].join('\n');
  return [
    `CREATE OR REPLACE FUNCTION ${fenceFunction(tracking)}() RETURNS trigger LANGUAGE plpgsql AS ${escapeLiteral(body)}`,
    `DROP TRIGGER IF EXISTS ${FENCE_NAME} ON ${trackingIdentifier(tracking)}`,
    `CREATE TRIGGER ${FENCE_NAME} BEFORE INSERT ON ${trackingIdentifier(tracking)} FOR EACH STATEMENT EXECUTE FUNCTION ${fenceFunction(tracking)}()`,
    `COMMENT ON TRIGGER ${FENCE_NAME} ON ${trackingIdentifier(tracking)} IS ${escapeLiteral(JSON.stringify(fence))}`,
  ];
}

export function releaseFenceSql(tracking: Tracking): string[] {
  return [
    `DROP TRIGGER IF EXISTS ${FENCE_NAME} ON ${trackingIdentifier(tracking)}`,
    `DROP FUNCTION IF EXISTS ${fenceFunction(tracking)}()`,
  ];
}

/** The same for a person with psql. */
export function fenceRemovalScript(tracking: Tracking): string {
  return `${releaseFenceSql(tracking).join(';\n')};`;
}
