import type pg from 'pg';

/** Statistics and contents, which change without the schema, and what initdb alone writes. */
const NO_SCHEMA = ['pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject', 'pg_init_privs'];

/**
 * Tells whether anything has been written into the system catalogs, which takes a fraction of reading
 * the schema. For two moments in one transaction with a savepoint between them: whatever is written
 * after it has a younger transaction id than all that was there. So the rows of a catalog can't be as
 * many and as old, taken together, unless they are the same.
 */
export class CatalogClock {
  private constructor(private readonly query: string) {}

  /** @returns undefined when the role may not read all catalogs */
  static async open(client: pg.ClientBase): Promise<CatalogClock | undefined> {
    const { rows } = await client.query<{ name: string; readable: boolean }>(
      `SELECT c.relname AS name, pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable
         FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind = 'r'
          AND c.relname <> ALL ($1) ORDER BY 1`,
      [NO_SCHEMA],
    );
    if (rows.some(({ readable }) => !readable)) return undefined;
    const counts = rows.map(
      ({ name }) =>
        `SELECT count(*) || ':' || coalesce(sum(age(xmin)), 0) AS t FROM pg_catalog.${name}`,
    );
    return new CatalogClock(
      `SELECT pg_catalog.string_agg(t, ' ') AS time FROM (${counts.join(' UNION ALL ')}) AS catalogs`,
    );
  }

  async read(client: pg.ClientBase): Promise<string> {
    const { rows } = await client.query<{ time: string }>(this.query);
    return rows[0]?.time ?? '';
  }
}
