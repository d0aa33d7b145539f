import type { IconName } from '@/components/ui/icon';
import { StatusChip } from '@/components/ui/status-chip';
import type { LiveImpact } from '@/lib/core/evidence';
import type { Hazard, HazardCode, Statement } from '@/lib/core/statement';
import { formatAmount } from './amount';
import { formatSize } from './format-count';

const ICON: Partial<Record<HazardCode, IconName>> = {
  drops_table: 'loss',
  drops_column: 'loss',
  drops_type: 'loss',
  drops_schema: 'loss',
  drops_view: 'minusCircle',
  drops_object: 'minusCircle',
  truncates: 'loss',
  deletes_rows: 'loss',
  updates_rows: 'edit',
  changes_type: 'swap',
  drops_index: 'minusCircle',
  drops_constraint: 'minusCircle',
  blocks_writes: 'lock',
  rewrites_table: 'timer',
  scans_table: 'timer',
  builds_index: 'timer',
  not_idempotent: 'info',
  no_effect_expected: 'minusCircle',
  touches_other_object: 'flag',
  depends_on_session: 'clock',
};

/** `rooms` of `public.rooms`; other schemas keep their name. */
const shortRelation = (relation: string): string => relation.replace(/^public\./, '');

export interface HazardChipsProps {
  hazards: readonly Hazard[];
  /** How large the relations are on the live target, by `schema.table`. */
  relations?: LiveImpact['relations'];
}

/**
 * What a statement puts at risk: each hazard, then each lock that no hazard has named, with the size
 * of what it is on. 'Blocks reads and writes' is said with the lock that does it.
 */
export function HazardChips({ hazards, relations = {} }: HazardChipsProps) {
  const said = new Set(hazards.filter(blocks).map((hazard) => hazard.lock));
  const locks = new Map<string, { words: string; exclusive: boolean }>();
  for (const { lock, relation } of hazards) {
    if (!lock || said.has(lock)) continue;
    const on = relation ? ` on ${shortRelation(relation)}` : '';
    locks.set(`${lock} ${relation ?? ''}`, {
      words: `${lock}${on}${sizeWords(relation, relations)}`,
      exclusive: lock === 'ACCESS EXCLUSIVE',
    });
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
          {blocks(hazard) && hazard.lock
            ? ` · ${hazard.lock}${sizeWords(hazard.relation, relations)}`
            : null}
        </StatusChip>
      ))}
      {[...locks].map(([key, { words, exclusive }]) => (
        <StatusChip key={key} tone={exclusive ? 'info' : 'neutral'} icon="lock">
          {words}
        </StatusChip>
      ))}
    </>
  );
}

/** ` · ≈ 12,400 rows, 18 MB`; nothing where nobody looked. */
export function sizeWords(
  relation: string | undefined,
  relations: LiveImpact['relations'],
): string {
  const size = relation ? relations[relation] : undefined;
  if (!size) return '';
  const { rows, bytes } = size;
  const counted =
    rows.value === null ? '' : `${formatAmount(rows)} ${rows.value === 1 ? 'row' : 'rows'}, `;
  return ` · ${counted}${formatSize(bytes)}`;
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
