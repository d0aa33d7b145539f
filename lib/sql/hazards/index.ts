import type { Node } from 'libpg-query';
import type { Hazard, HazardCode } from '@/lib/core/statement';
import type { ExecutedNode } from '../executed-nodes';
import type { RelationNames } from '../relation-names';
import type { HazardContext } from './context';
import { dropHazards } from './drops';
import { idempotenceHazards } from './idempotence';
import { lockHazards } from './locks';
import { retypeHazards } from './retype';
import { rowHazards } from './rows';
import { sessionHazards } from './session-dependence';
import { workHazards } from './table-work';
import { type TakenLock, takenLocks } from './taken-locks';
import { transactionHazards } from './transactions';

const WEIGHT = { danger: 0, warn: 1, info: 2 } as const;

/** Work on a whole table that comes with something else that the same statement says. */
const WORK: ReadonlySet<HazardCode> = new Set(['rewrites_table', 'scans_table', 'builds_index']);

/** The words of a cast, of ALTER COLUMN … TYPE, and of a function that prints. */
const MAY_CONVERT = /::|\b(cast|to_char|type|(date|time|timestamp|timestamptz)\s*')/i;

/** What a person should know before a statement runs: worst first, each thing said once. */
export function hazardsOf(
  statement: { text: string; line: number },
  executed: readonly ExecutedNode[],
  names: RelationNames,
  context: HazardContext,
): Hazard[] {
  // Most statements convert nothing, and a large INSERT is slow to look through.
  const converts = MAY_CONVERT.test(statement.text);
  const nodes = executed.flatMap(({ node }) => (node ? [node] : []));
  const said = executed.flatMap(({ node, line }) => {
    if (!node) return [];
    const found = ofNode(node, names, context);
    if (converts) found.push(...sessionHazards(node, names, context));
    // A code block has lines of its own.
    return line === statement.line ? found : found.map((hazard) => ({ ...hazard, line }));
  });
  const locks = takenLocks(nodes, names);
  for (const [relation, taken] of locks) {
    if (context.isOwn(relation)) locks.delete(relation);
    else if (said.some((one) => WORK.has(one.code) && (one.relation ?? '') === relation)) {
      locks.set(relation, { ...taken, long: true });
    }
  }
  const found = [
    ...oneDangerEach(said).map((one) => withLock(one, locks)),
    ...lockHazards(locks.values()),
  ];
  const once = new Map<string, Hazard>();
  for (const hazard of found) {
    // What a clause converts is the same seen from the clause and from its statement.
    const where = hazard.code === 'depends_on_session' ? '' : (hazard.relation ?? '');
    const key = `${hazard.code} ${hazard.label} ${where}`;
    if (!once.has(key)) once.set(key, hazard);
  }
  return [...once.values()].sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
}

function ofNode(node: Node, names: RelationNames, context: HazardContext): Hazard[] {
  return [
    ...dropHazards(node, names),
    ...retypeHazards(node, names, context),
    ...rowHazards(node, names),
    ...workHazards(node, names, context),
    ...transactionHazards(node),
    ...idempotenceHazards(node),
  ];
}

/**
 * Every danger is taken on by a person, one by one. Where a statement is dangerous to a relation anyway,
 * the work that comes with it is a warning.
 */
function oneDangerEach(said: readonly Hazard[]): Hazard[] {
  return said.map((hazard, index) => {
    if (!WORK.has(hazard.code) || hazard.severity !== 'danger') return hazard;
    const told = said.some(
      (other, at) =>
        other.severity === 'danger' &&
        other.relation === hazard.relation &&
        (!WORK.has(other.code) || at < index),
    );
    return told ? { ...hazard, severity: 'warn' as const } : hazard;
  });
}

/** These are about the statement's text, not about a table that is locked. */
const WITHOUT_LOCK: ReadonlySet<HazardCode> = new Set([
  'not_idempotent',
  'depends_on_session',
  'drops_schema',
  'drops_type',
]);

function withLock(hazard: Hazard, locks: ReadonlyMap<string, TakenLock>): Hazard {
  if (hazard.lock !== undefined || WITHOUT_LOCK.has(hazard.code)) return hazard;
  if (hazard.relation !== undefined) {
    const taken = locks.get(hazard.relation);
    return taken ? { ...hazard, lock: taken.lock } : hazard;
  }
  // CONCURRENTLY is said of the whole statement, whose own table stands first.
  const [first] = hazard.code === 'not_transactional' ? locks.values() : [];
  const taken = first ?? locks.get('');
  if (!taken) return hazard;
  return { ...hazard, ...(taken.on && { relation: taken.on.qualified }), lock: taken.lock };
}
