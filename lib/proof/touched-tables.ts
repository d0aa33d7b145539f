import { diffCatalogs } from '@/lib/catalog';
import type { CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import type { ParsedUp } from '@/lib/sql';
import type { TrackingTable } from '@/lib/target';

/** Where nobody can tell what is touched, all tables are; beyond this many it would take too long. */
const MOST_TABLES = 150;

/**
 * Tables that a migration or its script works on: those that their texts name, those whose schema is
 * another one afterwards, and all of them where the texts put SQL together at run time. drizzle's
 * tracking table is none of them.
 */
export function touchedTables(
  texts: readonly ParsedUp[],
  states: readonly CatalogSnapshot[],
  tracking: TrackingTable,
): string[] {
  const tables = new Set<string>();
  for (const { touched } of texts) {
    for (const { sort, name, on } of touched) {
      if (on !== undefined) tables.add(on);
      else if (sort === 'relation') tables.add(name);
    }
  }
  for (const [index, state] of states.entries()) {
    const next = states[index + 1];
    if (!next) continue;
    for (const change of diffCatalogs(state, next)) {
      const table = tableOf(change);
      if (table !== undefined) tables.add(table);
    }
  }
  if (texts.some(({ opaque }) => opaque)) {
    const all = states.flatMap((state) => tablesOf(state));
    for (const name of all.slice(0, MOST_TABLES)) tables.add(name);
  }
  const ours = `${tracking.schema}.${tracking.table}`;
  return [...tables].filter((name) => name.replaceAll('"', '') !== ours);
}

function tableOf({ kind, name, parent }: SchemaChange): string | undefined {
  return kind === 'table' ? name : parent;
}

function tablesOf({ objects }: CatalogSnapshot): string[] {
  return Object.values(objects).flatMap(({ kind, name }) => (kind === 'table' ? [name] : []));
}
