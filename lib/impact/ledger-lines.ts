import type { Amount, LossLine } from '@/lib/core/evidence';
import type { StepChanges } from './follow-plan';
import type { LiveRelation } from './live-relations';
import { type Measured, unknown } from './measure-tables';
import type { Loss } from './questions';

/** The loss ledger's line for one loss. */
export function lineOf(
  loss: Loss,
  measured: Measured | undefined,
  count: Amount | undefined,
  quote: (name: string) => string,
): LossLine {
  const { relation, position, kind } = loss;
  const bytes: Amount = { value: relation.bytes, ...sizeSource(relation) };
  const line = {
    position,
    kind,
    name: relation.qualified,
    type: null,
    nonNull: null,
    differs: null,
  };
  const rows = measured?.rows ?? unknown('not looked at');
  switch (loss.kind) {
    case 'table':
    case 'materialized_view':
      return { ...line, rows, bytes };
    case 'sequence':
      return { ...line, rows: count ?? unknown('a sequence has no rows'), bytes };
    case 'rows': {
      const lost = loss.rows === 'all' ? rows : (count ?? unknown('not looked at'));
      return { ...line, type: loss.verb, rows: lost, bytes: share(lost, measured, relation) };
    }
    default: {
      const amounts = measured?.columns.get(loss.column.name);
      const none = unknown('not looked at');
      const narrowed = loss.kind === 'narrowed_column';
      return {
        ...line,
        name: `${relation.qualified}.${quote(loss.column.name)}`,
        type: narrowed ? `${loss.column.type} → ${loss.to}` : loss.column.type,
        rows,
        nonNull: amounts?.nonNull ?? none,
        differs: (narrowed ? count : amounts?.differs) ?? none,
        bytes: amounts?.bytes ?? none,
      };
    }
  }
}

const sizeSource = ({ heldBy }: LiveRelation) =>
  heldBy
    ? { estimate: true, source: 'pg_class' }
    : { estimate: false, source: 'pg_total_relation_size' };

/** Deleted rows take what rows of their table take on average, indexes left aside. */
function share(lost: Amount, measured: Measured | undefined, relation: LiveRelation): Amount {
  const all = measured?.rows.value;
  if (lost.value === 0) return { value: 0, estimate: lost.estimate, source: lost.source };
  if (lost.value === null || !all) return unknown(lost.source);
  return {
    value: Math.round((relation.heapBytes / all) * lost.value),
    estimate: true,
    source: 'average row',
  };
}

/** What the rehearsal saw go, for a target that could not be asked what it holds. */
export function linesWithoutLook(steps: readonly StepChanges[]): LossLine[] {
  const none = unknown('not looked at');
  return steps.flatMap(({ position, changes }) => {
    const tables = new Set(
      changes.flatMap(({ change, kind, name }) =>
        change === 'removed' && WHOLE.has(kind) ? [name] : [],
      ),
    );
    return changes.flatMap(({ change, kind, name, parent }): LossLine[] => {
      const line = {
        position,
        name,
        type: null,
        rows: none,
        nonNull: null,
        differs: null,
        bytes: none,
      };
      if (change !== 'removed') return [];
      if (kind === 'table' || kind === 'materialized_view') return [{ ...line, kind }];
      if (parent !== undefined && tables.has(parent)) return [];
      if (kind === 'column') return [{ ...line, kind, nonNull: none, differs: none }];
      return kind === 'sequence' && parent === undefined ? [{ ...line, kind }] : [];
    });
  });
}

const WHOLE: ReadonlySet<string> = new Set(['table', 'view', 'materialized_view', 'foreign_table']);
