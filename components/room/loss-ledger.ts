import type { Amount, LiveImpact, LossLine } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { formatAmount, formatSum, type Sum, sumAmounts } from './amount';
import { formatCount } from './format-count';

/** The look at the live target that belongs to this very plan; null before the rehearsal is over. */
export function impactOf(room: Pick<RollbackRoom, 'rehearsal' | 'digest'>): LiveImpact | null {
  return room.rehearsal?.digest === room.digest ? (room.rehearsal.result?.impact ?? null) : null;
}

export function lossesOf(impact: LiveImpact, position: number): LossLine[] {
  return impact.losses.filter((line) => line.position === position);
}

/** Kinds whose rows hold values of one column, of which the empty ones lose nothing. */
const isColumn = (kind: LossLine['kind']): boolean =>
  kind === 'column' || kind === 'narrowed_column';

/**
 * What of an object somebody would miss: values that are set for a column, values that don't come
 * through for one that narrows, rows for the others.
 */
export function lostAmount(line: LossLine): Amount {
  if (line.kind === 'narrowed_column') return changedAmount(line);
  return line.kind === 'column' ? storedAmount(line) : line.rows;
}

const storedAmount = (line: LossLine): Amount => line.nonNull ?? line.rows;

/** Where nobody can say which values come through, all that are set are what is at stake. */
function changedAmount(line: LossLine): Amount {
  const { differs } = line;
  if (differs && differs.value !== null) return differs;
  const all = storedAmount(line);
  if (!differs || all.value === null) return all;
  return { value: all.value, estimate: true, source: `at most, as ${differs.source}` };
}

export interface LossTotal {
  /** Values and rows together, for a tab's count. */
  all: Sum;
  values: Sum;
  rows: Sum;
  /** Those that lose any. */
  columns: number;
  /** Tables, materialized views and statements that empty them, as far as they lose any. */
  tables: number;
  /** Of what loses any. */
  bytes: Sum;
  /** Values that are not their column's default, where that was asked. */
  differ: Sum | null;
}

/** A sequence holds a position, no rows: it is listed and not counted. */
export function totalLoss(losses: readonly LossLine[]): LossTotal {
  const columns = losses.filter((line) => isColumn(line.kind));
  const tables = losses.filter((line) => !isColumn(line.kind) && line.kind !== 'sequence');
  const differ = columns.flatMap((line) =>
    line.kind === 'column' && line.differs ? [line.differs] : [],
  );
  const losesAny = (line: LossLine) => lostAmount(line).value !== 0;
  return {
    all: sumAmounts([...columns, ...tables].map(lostAmount)),
    values: sumAmounts(columns.map(lostAmount)),
    rows: sumAmounts(tables.map(lostAmount)),
    columns: columns.filter(losesAny).length,
    tables: tables.filter(losesAny).length,
    bytes: sumAmounts(losses.filter(losesAny).map((line) => line.bytes)),
    differ: differ.length > 0 ? sumAmounts(differ) : null,
  };
}

/** `12,204 values in 3 columns and ≈ 900 rows of 1 table`; null when nothing is lost. */
export function lossWords(total: LossTotal): string | null {
  const parts = [
    ...(total.columns > 0 && matters(total.values)
      ? [`${counted(total.values, 'value')} in ${formatCount(total.columns, 'column')}`]
      : []),
    ...(total.tables > 0 && matters(total.rows)
      ? [`${counted(total.rows, 'row')} of ${formatCount(total.tables, 'table')}`]
      : []),
  ];
  return parts.length > 0 ? parts.join(' and ') : null;
}

const matters = (sum: Sum): boolean => sum.value > 0 || sum.partial;

function counted(sum: Sum, one: string): string {
  const unit = sum.value === 1 && !sum.partial ? one : `${one}s`;
  return sum.partial && sum.value === 0
    ? `an unknown number of ${one}s`
    : `${formatSum(sum)} ${unit}`;
}

/** `33 values`, `≈ 900 rows`, `not counted`; of a column that narrows `4 of 33 values`. */
export function lostWords(line: LossLine): string {
  const amount = lostAmount(line);
  if (amount.value === null) return formatAmount(amount);
  const stored = line.kind === 'narrowed_column' ? storedAmount(line) : amount;
  if (stored.value !== null && stored.value !== amount.value) {
    return `${formatAmount(amount)} of ${formatAmount(stored)} values`;
  }
  const one = isColumn(line.kind) ? 'value' : 'row';
  return `${formatAmount(amount)} ${amount.value === 1 ? one : `${one}s`}`;
}

/** `4 of 33`: how many values somebody chose, of those that are there. */
export function differsWords(line: LossLine): string | null {
  if (!line.differs || line.kind !== 'column') return null;
  const of = lostAmount(line);
  return of.value === null || line.differs.value === null
    ? formatAmount(line.differs)
    : `${formatAmount(line.differs)} of ${formatAmount(of)}`;
}
