import type { ForeignKeyRule, RowRules, TableRules } from './row-rules';

/** Whether a row can do without the parent. */
export function isNeeded(table: TableRules, key: ForeignKeyRule): boolean {
  return key.columns.every(
    (number) => table.columns.find((column) => column.number === number)?.required,
  );
}

/**
 * The tables in the order in which they can be filled: parents first. Tables that need each other form
 * one group, which goes in with one statement; where a key may be null, its parent comes first if that
 * is possible.
 */
export function plantOrder(tables: readonly TableRules[], rules: RowRules): TableRules[][] {
  const order = new Order(rules);
  for (const table of tables) order.visit(table);
  return order.groups;
}

class Order {
  readonly groups: TableRules[][] = [];
  private readonly done = new Set<number>();
  private readonly open = new Set<number>();
  private readonly needs = new Map<number, Set<number>>();

  constructor(private readonly rules: RowRules) {}

  visit(table: TableRules): void {
    if (this.done.has(table.oid) || this.open.has(table.oid)) return;
    const group = [...this.neededBy(table.oid)]
      .filter((oid) => this.neededBy(oid).has(table.oid))
      .map((oid) => this.rules.tables.get(oid))
      .filter((other) => other !== undefined);
    const members = group.length > 0 ? group : [table];
    for (const member of members) this.open.add(member.oid);
    for (const needed of [true, false]) {
      for (const member of members) this.visitParents(member, needed);
    }
    for (const member of members) {
      this.open.delete(member.oid);
      this.done.add(member.oid);
    }
    this.groups.push(members);
  }

  private visitParents(table: TableRules, needed: boolean): void {
    for (const key of table.foreignKeys) {
      const parent = this.rules.tables.get(key.parent);
      if (!parent || isNeeded(table, key) !== needed) continue;
      // What needs a table that is still being visited comes after it.
      const waits = [...this.neededBy(parent.oid)].some((oid) => this.open.has(oid));
      if (needed || (parent.given && !waits)) this.visit(parent);
    }
  }

  /** All tables without which the table takes no row; itself only when it is part of a circle. */
  private neededBy(oid: number): Set<number> {
    const known = this.needs.get(oid);
    if (known) return known;
    const found = new Set<number>();
    const queue = [oid];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const table = this.rules.tables.get(next);
      for (const key of table?.foreignKeys ?? []) {
        if (!table || found.has(key.parent) || !isNeeded(table, key)) continue;
        if (key.parent === next) continue;
        found.add(key.parent);
        queue.push(key.parent);
      }
    }
    this.needs.set(oid, found);
    return found;
  }
}
