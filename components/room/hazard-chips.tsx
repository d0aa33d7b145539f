import type { IconName } from '@/components/ui/icon';
import { StatusChip } from '@/components/ui/status-chip';
import type { Hazard, HazardCode, Statement } from '@/lib/core/statement';

const ICON: Partial<Record<HazardCode, IconName>> = {
  drops_table: 'loss',
  drops_column: 'loss',
  drops_type: 'loss',
  drops_schema: 'loss',
  truncates: 'loss',
  deletes_rows: 'loss',
  updates_rows: 'edit',
  changes_type: 'swap',
  drops_index: 'minusCircle',
  drops_constraint: 'minusCircle',
  blocks_writes: 'lock',
  cascade: 'warn',
  not_idempotent: 'info',
};

/** `rooms` of `public.rooms`; other schemas keep their name. */
const shortRelation = (relation: string): string => relation.replace(/^public\./, '');

/**
 * What a statement puts at risk: each hazard, then each lock that no hazard has named. 'Blocks reads
 * and writes' is said with the lock that does it.
 */
export function HazardChips({ hazards }: { hazards: readonly Hazard[] }) {
  const said = new Set(hazards.filter(blocks).map((hazard) => hazard.lock));
  const locks = new Map<string, string>();
  for (const { lock, relation } of hazards) {
    if (!lock || said.has(lock)) continue;
    locks.set(
      `${lock} ${relation ?? ''}`,
      relation ? `${lock} on ${shortRelation(relation)}` : lock,
    );
  }
  return (
    <>
      {hazards.map((hazard) => (
        <StatusChip
          key={`${hazard.code} ${hazard.label}`}
          tone={hazard.severity}
          icon={ICON[hazard.code] ?? 'warn'}
        >
          {hazard.label}
          {blocks(hazard) && hazard.lock ? ` · ${hazard.lock}` : null}
        </StatusChip>
      ))}
      {[...locks].map(([key, words]) => (
        <StatusChip key={key} tone="neutral" icon="lock">
          {words}
        </StatusChip>
      ))}
    </>
  );
}

const blocks = (hazard: Hazard): boolean => hazard.code === 'blocks_writes';

/** The heaviest hazard of a statement, for a list in which each has one line. */
export function worstHazard(statement: Pick<Statement, 'hazards'>): Hazard | undefined {
  const weight = { danger: 2, warn: 1, info: 0 };
  return [...statement.hazards].sort((a, b) => weight[b.severity] - weight[a.severity])[0];
}

/** One chip for the heaviest hazard. */
export function HazardChip({ hazard }: { hazard: Hazard }) {
  return (
    <StatusChip tone={hazard.severity} icon={ICON[hazard.code] ?? 'warn'}>
      {hazard.label}
    </StatusChip>
  );
}
