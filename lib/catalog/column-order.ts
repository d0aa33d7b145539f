import type { CatalogObject, CatalogSnapshot } from '@/lib/core/catalog';
import { localName } from './describe-object';

/**
 * Tables whose columns stand in another order than before, among the columns that are in both: places
 * left by dropped columns do not count, nor do columns that only one of the two has. Sorted by name.
 */
export function columnOrderChanges(before: CatalogSnapshot, after: CatalogSnapshot): string[] {
  const [had, has] = [columnsByTable(before), columnsByTable(after)];
  const changed: string[] = [];
  for (const [table, old] of had) {
    const now = has.get(table) ?? [];
    const kept = (some: readonly string[], others: readonly string[]) => {
      const there = new Set(others);
      return some.filter((name) => there.has(name));
    };
    const [first, second] = [kept(old, now), kept(now, old)];
    if (first.some((name, place) => name !== second[place])) changed.push(table);
  }
  return changed.sort();
}

/** The names of each table's columns, in their order. A view's order is part of its definition. */
function columnsByTable({ objects }: CatalogSnapshot): Map<string, string[]> {
  const tables = new Map<string, CatalogObject[]>();
  for (const object of Object.values(objects)) {
    const { kind, parent } = object;
    if (kind !== 'column' || parent === undefined) continue;
    if (!objects[`table ${parent}`] && !objects[`foreign_table ${parent}`]) continue;
    const columns = tables.get(parent);
    if (columns) columns.push(object);
    else tables.set(parent, [object]);
  }
  const names = (columns: CatalogObject[]) =>
    columns.sort((a, b) => (a.position ?? 0) - (b.position ?? 0)).map(localName);
  return new Map([...tables].map(([table, columns]) => [table, names(columns)]));
}
