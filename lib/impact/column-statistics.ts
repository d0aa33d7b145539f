import pg from 'pg';
import type { LiveColumn, LiveRelation } from './live-relations';
import type { LiveSession } from './live-session';

/** Shares of the rows of a table, by the last ANALYZE. */
export interface ColumnStatistics {
  nullShare: number;
  /** Rows that hold the column's default; undefined when that is computed for each row. */
  defaultShare: number | undefined;
  /** Bytes of a value on average. */
  width: number;
}

interface Row {
  name: string;
  null_share: number;
  default_share: number | null;
  width: number;
}

/**
 * What pg_stats has about columns. It shows a column only to a role that may read it, so the map may be
 * empty. The common values are compared inside PostgreSQL and never leave it.
 * @param wanted with each column its constant default: '' for none, undefined for a computed one
 * @throws Error when the connection is gone
 */
export async function readStatistics(
  session: LiveSession,
  { schema, name }: LiveRelation,
  wanted: readonly { column: LiveColumn; value: string | undefined }[],
): Promise<Map<string, ColumnStatistics>> {
  const values = wanted.map(({ column, value }) => {
    const text = value ? `((${value})::${column.type})::text` : 'NULL::text';
    return `(${pg.escapeLiteral(column.name)}, ${value === undefined}, ${text})`;
  });
  const found = await session.ask<Row>(`
SELECT DISTINCT ON (s.attname) s.attname::text AS name, s.null_frac::float8 AS null_share,
  s.avg_width::float8 AS width,
  CASE WHEN w.computed THEN NULL WHEN w.value IS NULL THEN 0 ELSE coalesce((
    SELECT sum(f.share) FROM unnest(s.most_common_vals::text::text[], s.most_common_freqs)
      AS f (value, share) WHERE f.value = w.value), 0)::float8 END AS default_share
FROM (VALUES ${values.join(', ')}) AS w (name, computed, value)
  JOIN pg_stats s ON s.attname = w.name
WHERE s.schemaname = ${pg.escapeLiteral(schema)} AND s.tablename = ${pg.escapeLiteral(name)}
ORDER BY s.attname, s.inherited DESC`);
  if (!found.ok) return new Map();
  return new Map(
    found.rows.map((row) => [
      row.name,
      {
        nullShare: row.null_share,
        defaultShare: row.default_share ?? undefined,
        width: row.width,
      },
    ]),
  );
}
