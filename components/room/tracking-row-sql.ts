import type { TrackingRow } from '@/lib/core/migration';

/** Counts the one tracking row that a step removes: 1 before its COMMIT, 0 after it. */
export function trackingRowSql(
  tracking: { schema: string; table: string },
  row: TrackingRow,
): string {
  const table = `${identifier(tracking.schema)}.${identifier(tracking.table)}`;
  return `SELECT count(*) FROM ${table} WHERE id = ${row.id} AND hash = ${literal(row.hash)} AND created_at = ${literal(row.createdAt)};`;
}

function identifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
