import type { Node } from 'libpg-query';
import { stringsOf, walk } from '@/lib/sql/syntax-tree';
import type { StepChanges } from './follow-plan';
import { partsOf } from './quoted-name';
import type { ReadStatement } from './read-steps';

/** Every bare name that may be a relation's, in the statements and in what the rehearsal saw. */
export function namesInPlan(
  statements: readonly ReadStatement[],
  steps: readonly StepChanges[],
): string[] {
  const names = new Set<string>();
  const addQualified = (name: string | undefined) => {
    const relation = name === undefined ? undefined : partsOf(name)[1];
    if (relation !== undefined) names.add(relation);
  };
  for (const { node, nested, hazards } of statements) {
    for (const { relation } of hazards) addQualified(relation);
    for (const each of [node, ...nested]) addRanges(each, names);
  }
  for (const { changes } of steps) {
    for (const { name, parent } of changes) {
      addQualified(name);
      addQualified(parent);
    }
  }
  return [...names];
}

function addRanges(root: Node, names: Set<string>): void {
  // Rows of a large INSERT hold no relations worth a walk; its sub-selects are nobody's question.
  if ('InsertStmt' in root) {
    names.add(root.InsertStmt.relation?.relname ?? '');
    return;
  }
  if ('DropStmt' in root) {
    for (const object of root.DropStmt.objects ?? []) {
      const name = 'List' in object ? stringsOf(object.List.items).at(-1) : undefined;
      if (name !== undefined) names.add(name);
    }
    return;
  }
  for (const { node } of walk(root, () => true)) {
    if ('RangeVar' in node) names.add(node.RangeVar.relname ?? '');
    const fields: unknown = Object.values(node)[0];
    if (typeof fields !== 'object' || fields === null) continue;
    // In these fields a RangeVar stands without its node name.
    for (const key of ['relation', 'pktable', 'view', 'sequence'] as const) {
      const range = (fields as Record<string, unknown>)[key];
      const relname =
        typeof range === 'object' && range !== null
          ? (range as { relname?: unknown }).relname
          : undefined;
      if (typeof relname === 'string') names.add(relname);
    }
  }
}
