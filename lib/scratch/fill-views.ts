import type pg from 'pg';
import type { CatalogSnapshot } from '@/lib/core/catalog';

const UNFILLED = `
  SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY c.oid`;

/**
 * A copy without rows comes with materialized views that can't be read. Those that can be read on the
 * live database are refreshed: of empty tables, that is done at once.
 * @returns what the server said to those that it refused
 */
export async function fillViews(client: pg.Client, live: CatalogSnapshot): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(UNFILLED);
  let left = rows.filter(
    ({ name }) => live.objects[`materialized_view ${name}`]?.attributes.without_data !== true,
  );
  let refused: string[] = [];
  // One view may read another one, which has to be filled first.
  for (let before = -1; left.length > 0 && left.length !== before; ) {
    before = left.length;
    refused = [];
    const kept: typeof left = [];
    for (const view of left) {
      try {
        await client.query(`REFRESH MATERIALIZED VIEW ${view.name}`);
      } catch (error) {
        kept.push(view);
        refused.push((error as Error).message);
      }
    }
    left = kept;
  }
  return refused;
}
