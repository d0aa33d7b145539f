import type { Node } from 'libpg-query';
import type { Hazard } from '@/lib/core/statement';
import type { RelationNames } from '../relation-names';
import { dropHazards } from './drops';
import { idempotenceHazards } from './idempotence';
import { lockHazards } from './locks';
import { rowHazards } from './rows';

const WEIGHT = { danger: 0, warn: 1, info: 2 } as const;

/** What a person should know before a statement runs: worst first, each thing said once. */
export function hazardsOf(nodes: readonly Node[], names: RelationNames): Hazard[] {
  const found = [
    ...nodes.flatMap((node) => [
      ...dropHazards(node, names),
      ...rowHazards(node, names),
      ...idempotenceHazards(node),
    ]),
    ...lockHazards(nodes, names),
  ];
  const once = new Map(
    found.map((hazard) => [`${hazard.code} ${hazard.label} ${hazard.relation ?? ''}`, hazard]),
  );
  return [...once.values()].sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
}
