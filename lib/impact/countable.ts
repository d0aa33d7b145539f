import { holderWords, type LiveRelation } from './live-relations';
import type { Refusal } from './live-session';

/** Up to here a count takes well under a second on any server worth the name. */
const MAX_COUNTED_ROWS = 2_000_000;
const MAX_COUNTED_BYTES = 1024 ** 3;

/** Why a relation's rows can't or should not be read; undefined when they may. */
export function whyNotRead(
  relation: LiveRelation,
): { short: string; sentence: string } | undefined {
  const { qualified, heldBy, mayRead, hidesRows, populated, analyzedRows, heapBytes } = relation;
  if (heldBy)
    return { short: 'locked', sentence: `${qualified} could not be read: ${holderWords(heldBy)}.` };
  if (!mayRead)
    return {
      short: 'not allowed',
      sentence: `${qualified} could not be read: the reading role has no right to. GRANT SELECT ON ${qualified} (and USAGE on its schema) to it.`,
    };
  if (hidesRows)
    return {
      short: 'row security',
      sentence: `${qualified} was not counted: row-level security hides rows from the reading role. Give it BYPASSRLS to have them counted.`,
    };
  if (!populated) return { short: 'not filled', sentence: `${qualified} was never filled.` };
  if ((analyzedRows ?? 0) > MAX_COUNTED_ROWS || heapBytes > MAX_COUNTED_BYTES)
    return {
      short: 'too large',
      sentence: `${qualified} is too large to be read through within the limits of this look.`,
    };
  return undefined;
}

/** A refused question in words that go after a colon. */
export function refusalWords(refusal: Refusal): string {
  switch (refusal.why) {
    case 'time':
      return 'the time ran out';
    case 'locked':
      return 'somebody holds the table exclusively';
    case 'denied':
      return 'the reading role has no right to read it';
    default:
      return `PostgreSQL refused the question (SQLSTATE ${refusal.sqlstate})`;
  }
}
