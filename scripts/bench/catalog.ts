import pg from 'pg';
import { snapshotCatalog } from '@/lib/catalog';
import { findClientTool } from '@/lib/embedded';
import { type Sample, timed } from './measure';
import { client } from './psql';

const TABLES = 300;
const ROUNDS = 7;

/** A catalog snapshot of 300 tables with 1,200 indexes beside `pg_dump --schema-only` of the same. */
export async function benchCatalog(url: string): Promise<{ ours: Sample; dump: Sample }> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    for (let n = 0; n < TABLES; n++) {
      const parent = n === 0 ? '' : `, parent int REFERENCES t${n - 1}`;
      await connection.query(`
        CREATE TABLE t${n} (id serial PRIMARY KEY, a text NOT NULL, b int DEFAULT 7, c timestamptz DEFAULT now()${parent});
        CREATE INDEX ON t${n} (a); CREATE INDEX ON t${n} (b); CREATE INDEX ON t${n} (c, b);`);
    }
    const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };
    const { path } = await findClientTool('pg_dump', { serverMajor: 15 });
    const dump = await timed(ROUNDS, () => client(path, url, ['--schema-only', '-f', '/dev/null']));
    const ours = await timed(ROUNDS, () => snapshotCatalog(connection, { tracking }));
    return { ours, dump };
  } finally {
    await connection.end();
  }
}
