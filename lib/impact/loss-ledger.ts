import { type LiveRelation, WITH_ROWS } from './live-relations';
import type { Loss } from './questions';

/** Collects what the plan takes away; everything of today is taken away once. */
export class LossLedger {
  private readonly found = new Map<string, Loss>();
  /** Position of the step that drops it, by oid. */
  private readonly tables = new Map<number, number>();
  private readonly columns = new Set<string>();

  add(loss: Loss): void {
    const key = keyOf(loss, this.found.size);
    if (this.found.has(key)) return;
    this.found.set(key, loss);
    if (loss.kind === 'column' || loss.kind === 'narrowed_column')
      this.columns.add(`${loss.relation.oid} ${loss.kind} ${loss.column.name}`);
  }

  /** A relation that is dropped: views hold nothing, and a foreign table's rows are elsewhere. */
  addRelation(position: number, relation: LiveRelation): void {
    const kind = KINDS[relation.kind];
    if (!kind) return;
    this.add({ kind, position, relation });
    if (WITH_ROWS.has(relation.kind) && !this.tables.has(relation.oid))
      this.tables.set(relation.oid, position);
  }

  losses(): Loss[] {
    return [...this.found.values()].filter((loss) => !this.isPartOfAnother(loss));
  }

  /**
   * The rows of a partition or heir are counted with the table above it; a column's values with the table
   * that goes in the same step.
   */
  private isPartOfAnother(loss: Loss): boolean {
    const { relation, position } = loss;
    if (loss.kind === 'table') return relation.parents.some((parent) => this.tables.has(parent));
    if (loss.kind !== 'column' && loss.kind !== 'narrowed_column') return false;
    const { name } = loss.column;
    return (
      [relation.oid, ...relation.parents].some((oid) => this.tables.get(oid) === position) ||
      relation.parents.some((parent) => this.columns.has(`${parent} ${loss.kind} ${name}`))
    );
  }
}

const KINDS: Record<string, 'table' | 'materialized_view' | 'sequence'> = {
  r: 'table',
  p: 'table',
  m: 'materialized_view',
  S: 'sequence',
};

function keyOf(loss: Loss, count: number): string {
  switch (loss.kind) {
    case 'column':
      return `column ${loss.relation.oid} ${loss.column.number}`;
    case 'narrowed_column':
      return `narrowed ${loss.relation.oid} ${loss.column.number} ${loss.to}`;
    case 'rows':
      // Each statement is a line of its own.
      return `rows ${count}`;
    default:
      return `relation ${loss.relation.oid}`;
  }
}
